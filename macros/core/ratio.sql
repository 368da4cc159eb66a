{#- A fraction of two numbers, six decimals; NULL where there is nothing to divide by, never zero. -#}
{% macro ratio(numerator, denominator) -%}
    cast(round(cast(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0) as decimal(28,10)), 6) as decimal(18,6))
{%- endmacro %}
