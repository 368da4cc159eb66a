-- How long does a decision take on each track and tier, in business hours?
-- The lender's own decisions, as in the scorecard: what the client withdrew or let expire took no decision.
select
    approval_track,
    credit_segment,
    cast(count(*) as bigint) as measured,
    cast(median(business_hours_to_decision) as decimal(18,4)) as median_hours,
    cast(quantile_cont(business_hours_to_decision, 0.9) as decimal(18,4)) as p90_hours
from {{ ref('fct_application') }}
where clock_status = 'MEASURED'
    and decision in ('APPROVED', 'DECLINED', 'COUNTER_OFFERED')
group by approval_track, credit_segment
order by approval_track nulls last, credit_segment
