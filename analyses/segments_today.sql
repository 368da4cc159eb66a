-- How many clients, how much exposure and how much risk does each segment hold today?
select
    segments.axis,
    segments.name_zh,
    performance.segment_code,
    performance.clients,
    performance.borrowers,
    performance.exposure_amount,
    performance.par30_rate,
    performance.on_time_rate,
    performance.default_rate
from {{ ref('mart_segment_performance') }} as performance
inner join {{ ref('dim_segment') }} as segments
    on performance.axis = segments.axis
    and performance.segment_code = segments.segment_code
where performance.as_of_month = (select max(as_of_month) from {{ ref('dim_month') }})
order by segments.axis, segments.display_order, performance.segment_code
