{#- Cash flow over debt service or debt, six decimals; NULL where there is nothing to cover or a part is unknown. A quotient
    that no decimal holds (a placeholder of one cent as debt service) is unknown too instead of stopping the build. -#}
{% macro coverage_ratio(numerator, denominator) -%}
    try_cast(round(
        try_cast(
            cast({{ numerator }} as double) / case when {{ denominator }} > 0 then cast({{ denominator }} as double) end
            as decimal(28,10)
        ), 6
    ) as decimal(18,6))
{%- endmacro %}

{#- Years between two dates, six decimals; negative when the second is the earlier one. -#}
{% macro years_between(from_day, to_day) -%}
    cast(round(cast(cast({{ days_between(from_day, to_day) }} as double) / 365.25 as decimal(28,10)), 6) as decimal(18,6))
{%- endmacro %}
