{#- What a lender reads from statements: computed in double, rounded once to six decimals. Every comparison with a
    threshold happens on the rounded figure. -#}

{#- Growth a year between two amounts: NULL unless both are known and above zero, for no rate leads from or to nothing. -#}
{% macro annual_growth(amount, amount_before, years) -%}
    cast(case when {{ amount }} > 0 and {{ amount_before }} > 0 then
        power(cast({{ amount }} as double) / cast({{ amount_before }} as double), 1e0 / {{ years }}e0) - 1e0
    end as decimal(18,6))
{%- endmacro %}

{#- A ratio that only has a meaning over a denominator above zero: NULL unless both are known. A ratio beyond a
    thousand million (a cent of interest against a fortune of profit) says no more than that and would not fit its column:
    it stands there. -#}
{% macro ratio_over_positive(numerator, denominator) -%}
    cast(case when {{ denominator }} > 0 and {{ numerator }} is not null then
        greatest(-1000000000e0, least(1000000000e0, cast({{ numerator }} as double) / cast({{ denominator }} as double)))
    end as decimal(18,6))
{%- endmacro %}
