-- How long does a decision take on each track and tier, in business hours?
select
    approval_track,
    credit_segment,
    cast(count(*) as bigint) as measured,
    cast(median(business_hours_to_decision) as decimal(18,4)) as median_hours,
    cast(quantile_cont(business_hours_to_decision, 0.9) as decimal(18,4)) as p90_hours
from {{ ref('fct_application') }}
where clock_status = 'MEASURED'
group by approval_track, credit_segment
order by approval_track nulls last, credit_segment
