{#- The form of a company name that two spellings share (domain.md section 5b, brackets and legal forms): variants of
    seed rule_name_normalisation replaced in their order, blanks and punctuation removed, lower case. Never displayed. -#}
{% macro name_match_key(name) -%}
    {%- set value = namespace(sql = 'lower(' ~ name ~ ')') -%}
    {%- if execute -%}
        {%- set variants = run_query("select variant, replacement from read_csv('seeds/rules/rule_name_normalisation.csv', all_varchar = true, header = true) order by cast(rule_order as integer)") -%}
        {%- for variant in variants.rows -%}
            {%- set value.sql = "replace(" ~ value.sql ~ ", '" ~ variant[0] ~ "', '" ~ (variant[1] or '') ~ "')" -%}
        {%- endfor -%}
    {%- endif -%}
    nullif(regexp_replace({{ value.sql }}, '[^\p{Han}a-z0-9]', '', 'g'), '')
{%- endmacro %}
