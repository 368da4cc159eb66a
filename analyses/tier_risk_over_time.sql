-- Does portfolio at risk rise or fall in each credit tier over the last two years?
select
    performance.as_of_month,
    performance.segment_code,
    performance.exposure_amount,
    performance.par30_amount,
    performance.par30_rate,
    performance.par90_rate
from {{ ref('mart_segment_performance') }} as performance
cross join (select max(as_of_month) as last_month from {{ ref('dim_month') }}) as reporting
where performance.axis = 'CREDIT'
    and performance.as_of_month > {{ months_later('reporting.last_month', -24) }}
order by performance.as_of_month, performance.segment_code
