-- Per axis and month the segments hold every client of the grid exactly once.
with grid as (

    {% for axis in segment_axes() -%}
    select '{{ axis }}' as axis, as_of_month, count(*) as clients
    from {{ ref('int_client_month') }}
    group by as_of_month
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

segments as (

    select axis, as_of_month, sum(clients) as clients
    from {{ ref('mart_segment_performance') }}
    group by axis, as_of_month

)

select coalesce(grid.axis, segments.axis) as axis, coalesce(grid.as_of_month, segments.as_of_month) as as_of_month, grid.clients, segments.clients as segments_clients
from grid
full join segments
    on grid.axis = segments.axis
    and grid.as_of_month = segments.as_of_month
where coalesce(grid.clients, 0) <> coalesce(segments.clients, 0)
