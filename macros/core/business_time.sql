{#- Business time: opening hours, weekends and holidays make int_business_day, and business time between two moments is
    the difference of what had been open by then. -#}

{#- Day of the week, 1 for Monday to 7 for Sunday: engines number weekdays differently, days since a Monday do not
    (1900-01-01 was one). -#}
{% macro iso_weekday(day) -%}
    {{- return('cast(mod(' ~ days_between("date '1900-01-01'", day) ~ ', 7) + 1 as integer)') -}}
{%- endmacro %}

{#- Seconds since midnight, whole. -#}
{% macro second_of_day(moment) -%}
    {{- return('(hour(' ~ moment ~ ') * 3600 + minute(' ~ moment ~ ') * 60 + second(' ~ moment ~ '))') -}}
{%- endmacro %}

{#- Seconds as hours with four decimals. -#}
{% macro hours_of_seconds(seconds) -%}
    {{- return('cast(round(cast(cast(' ~ seconds ~ ' as double) / 3600 as decimal(28,10)), 4) as decimal(18,4))') -}}
{%- endmacro %}

{#- Hours on the clock from one moment to another. -#}
{% macro calendar_hours_between(from_moment, to_moment) -%}
    {{- return(hours_of_seconds(
        '(' ~ days_between('cast(' ~ from_moment ~ ' as date)', 'cast(' ~ to_moment ~ ' as date)') ~ ' * 86400 + '
        ~ second_of_day(to_moment) ~ ' - ' ~ second_of_day(from_moment) ~ ')'
    )) -}}
{%- endmacro %}

{#- Seconds that had been open from the first day of int_business_day to a moment; `day` is the alias of its row. -#}
{% macro business_seconds_until(day, moment) -%}
    {{- return(
        '(' ~ day ~ '.seconds_before + case when ' ~ day ~ '.is_open then greatest(least(' ~ second_of_day(moment) ~ ', '
        ~ day ~ '.closes_second) - ' ~ day ~ '.opens_second, 0) else 0 end)'
    ) -}}
{%- endmacro %}

{#- Open hours from one moment to another. `from_day` and `to_day` are aliases of int_business_day, joined by the days of
    the moments; NULL when one of them found no row. -#}
{% macro business_hours_between(from_day, from_moment, to_day, to_moment) -%}
    {{- return(hours_of_seconds(
        '(' ~ business_seconds_until(to_day, to_moment) ~ ' - ' ~ business_seconds_until(from_day, from_moment) ~ ')'
    )) -}}
{%- endmacro %}
