{#- A fraction of two numbers, six decimals; NULL where there is nothing to divide by, never zero. -#}
{% macro ratio(numerator, denominator) -%}
    cast(round(cast(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0) as decimal(28,10)), 6) as decimal(18,6))
{%- endmacro %}

{#- A figure of at least so many observations, else NULL: small cells say little and may name someone. -#}
{% macro when_enough(minimum, observations, figure) -%}
    case when {{ observations }} >= {{ minimum }} then {{ figure }} end
{%- endmacro %}

{#- Of an amount a year the part of so many days, actual/360 (domain.md section 1g), to the cent. NULL stays NULL. -#}
{% macro accrued_amount(yearly_amount, days) -%}
    cast(round(cast(cast({{ yearly_amount }} as double) * {{ days }} / 360 as decimal(28,10)), 2) as decimal(28,2))
{%- endmacro %}
