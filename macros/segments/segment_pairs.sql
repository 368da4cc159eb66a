{#- The axes of segmentation with the column of fct_client_segment_month that holds each. -#}
{% macro segment_axes() -%}
    {{- return(['INDUSTRY', 'SIZE', 'CREDIT', 'LIFECYCLE', 'BEHAVIOUR', 'PROJECT_TYPE']) -}}
{%- endmacro %}

{#- Two CTEs, pair and axis_pair: every client of every rebuilt month beside the same client a month before, per axis;
    ENTRY where it was not there before and EXIT where it is no longer. -#}
{% macro segment_pairs(axes) -%}
newer as (

    select *
    from {{ ref('fct_client_segment_month') }}
    where as_of_month >= {{ first_rebuilt_month() }}

),

older as (

    select
        segments.*,
        last_day({{ months_later('segments.as_of_month', 1) }}) as next_month
    from {{ ref('fct_client_segment_month') }} as segments
    where segments.as_of_month >= {{ month_before_rebuilt() }}

),

pair as (

    select
        coalesce(newer.client_key, older.client_key) as client_key,
        coalesce(newer.as_of_month, older.next_month) as as_of_month,
        {% for axis in axes -%}
        coalesce(older.{{ axis | lower }}_segment, 'ENTRY') as {{ axis | lower }}_from,
        coalesce(newer.{{ axis | lower }}_segment, 'EXIT') as {{ axis | lower }}_to{{ ',' if not loop.last }}
        {% endfor %}
    from newer
    full outer join older
        on newer.client_key = older.client_key
        and newer.as_of_month = older.next_month

),

axis_pair as (

    {% for axis in axes -%}
    select
        client_key,
        as_of_month,
        '{{ axis }}' as axis,
        {{ axis | lower }}_from as from_segment,
        {{ axis | lower }}_to as to_segment
    from pair
    {{ 'union all' if not loop.last }}
    {% endfor %}
)
{%- endmacro %}
