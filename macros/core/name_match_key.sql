{#- The form of a company name that two spellings share (domain.md section 5b, brackets and legal forms): the variants of
    seed rule_name_normalisation replaced, characters at once and words in their order, then blanks and punctuation
    removed, lower case. Never displayed. -#}
{% macro name_match_key(name) -%}
    {%- set value = namespace(sql = 'lower(' ~ name ~ ')', from_characters = '', to_characters = '') -%}
    {%- if execute -%}
        {%- set seed = rule_file('rule_name_normalisation') -%}
        {%- for variant in run_query("select variant, replacement from " ~ seed ~ " where variant_kind = 'CHARACTER' order by cast(rule_order as integer)").rows -%}
            {%- set value.from_characters = value.from_characters ~ variant[0] -%}
            {%- set value.to_characters = value.to_characters ~ variant[1] -%}
        {%- endfor -%}
        {%- set value.sql = "translate(" ~ value.sql ~ ", '" ~ value.from_characters | replace("'", "''") ~ "', '" ~ value.to_characters | replace("'", "''") ~ "')" -%}
        {%- for variant in run_query("select variant, replacement from " ~ seed ~ " where variant_kind <> 'CHARACTER' order by cast(rule_order as integer)").rows -%}
            {%- set value.sql = "replace(" ~ value.sql ~ ", '" ~ variant[0] | replace("'", "''") ~ "', '" ~ (variant[1] or '') | replace("'", "''") ~ "')" -%}
        {%- endfor -%}
    {%- endif -%}
    nullif(regexp_replace({{ value.sql }}, '[^\p{Han}a-z0-9]', '', 'g'), '')
{%- endmacro %}
