{#- A value as text, a decimal number without the zeros at its end that say nothing. -#}
{% macro plain_number(value) -%}
case
    when try_cast(cast({{ value }} as varchar) as decimal(38,10)) is not null and cast({{ value }} as varchar) like '%.%'
        then rtrim(rtrim(cast({{ value }} as varchar), '0'), '.')
    else cast({{ value }} as varchar)
end
{%- endmacro %}
