{#- Four CTEs around one named `relation` (columns client_key and segment_month, a month end): <relation>_found,
    <relation>_missing, <relation>_latest and <relation>_placed. The last one is the relation with the six segments that its
    client held at segment_month: those of that month, else of the last month before in which the client was in the grid,
    else NOT_YET_CLIENT. Never those of a later month. Write it in a with clause, without a comma behind. -#}
{% macro segments_as_of(relation) -%}
{{ relation }}_found as (

    select
        {{ relation }}.*,
        {% for axis in segment_axes() | map('lower') -%}
        held.{{ axis }}_segment as exact_{{ axis }}_segment,
        {% endfor -%}
        held.client_key is not null as is_found
    from {{ relation }}
    left join {{ ref('fct_client_segment_month') }} as held
        on {{ relation }}.client_key = held.client_key
        and {{ relation }}.segment_month = held.as_of_month

),

{{ relation }}_missing as (

    select distinct client_key, segment_month
    from {{ relation }}_found
    where not is_found

),

-- only what found no row of its month looks further back
{{ relation }}_latest as (

    select
        missing.client_key,
        missing.segment_month,
        {% for axis in segment_axes() | map('lower') -%}
        held.{{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}_missing as missing
    {{ asof_left_join(ref('fct_client_segment_month'), 'held', ['missing.client_key = held.client_key'], 'missing.segment_month > held.as_of_month') }}

),

{{ relation }}_placed as (

    select
        {{ relation }}_found.*,
        {% for axis in segment_axes() | map('lower') -%}
        coalesce({{ relation }}_found.exact_{{ axis }}_segment, {{ relation }}_latest.{{ axis }}_segment, 'NOT_YET_CLIENT') as {{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}_found
    left join {{ relation }}_latest
        on {{ relation }}_found.client_key = {{ relation }}_latest.client_key
        and {{ relation }}_found.segment_month = {{ relation }}_latest.segment_month

)
{%- endmacro %}
