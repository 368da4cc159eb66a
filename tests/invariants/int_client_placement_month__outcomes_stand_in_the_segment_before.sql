-- Flows of a month stand in the segment that the client had at the month end before, stocks in that of the month end
-- itself: nothing that happens in a month can have moved the client into the segment that it is counted in. Clients
-- outside the grid keep their last segment and are left out here.
with placed as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        placements.client_key,
        placements.as_of_month,
        placements.stock_{{ axis | lower }} as stock_segment,
        now.{{ axis | lower }}_segment as segment_now,
        placements.flow_{{ axis | lower }} as flow_segment,
        before.{{ axis | lower }}_segment as segment_before
    from {{ ref('int_client_placement_month') }} as placements
    left join {{ ref('fct_client_segment_month') }} as now
        on placements.client_key = now.client_key
        and placements.as_of_month = now.as_of_month
    left join {{ ref('fct_client_segment_month') }} as before
        on placements.client_key = before.client_key
        and last_day({{ months_later('placements.as_of_month', -1) }}) = before.as_of_month
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select *
from placed
where stock_segment <> segment_now
    or flow_segment <> segment_before
