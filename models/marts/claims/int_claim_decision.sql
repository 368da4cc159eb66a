-- The applications that the lender decided before and after the roll-out, at branches that took part in it and at those
-- that did not. Submission and decision lie in the same period, so that none was open when its branch changed.
{{ config(schema = 'intermediate') }}
with application as (

    select
        applications.application_no,
        applications.branch_code,
        branches.arm,
        {{ period_of_rollout('cast(applications.submitted_at as date)', 'cast(applications.decided_at as date)') }} as period,
        applications.decision,
        applications.is_accepted,
        case when applications.clock_status = 'MEASURED' then applications.business_hours_to_decision end as business_hours,
        case when applications.clock_status = 'MEASURED' then applications.calendar_hours_to_decision end as calendar_hours,
        rollout.before_from,
        rollout.before_to,
        rollout.after_from,
        rollout.after_to
    from {{ ref('fct_application') }} as applications
    inner join {{ ref('int_claim_branch') }} as branches
        on applications.branch_code = branches.branch_code
    cross join {{ ref('int_claim_window') }} as rollout
    -- what the client withdrew or let expire took no decision
    where applications.decision in ('APPROVED', 'DECLINED', 'COUNTER_OFFERED')

)

select
    application_no,
    branch_code,
    arm,
    period,
    case when period = 'BEFORE' then before_from else after_from end as window_from,
    case when period = 'BEFORE' then before_to else after_to end as window_to,
    decision,
    is_accepted,
    business_hours,
    calendar_hours
from application
where period is not null
