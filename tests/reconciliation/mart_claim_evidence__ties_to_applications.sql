-- Claims about applications count each decided application of the branches in question once, in its period.
with application as (

    select
        case
            when rollouts.adopted_on is null or rollouts.adopted_on > windows.after_to then 'REFERENCE'
            when rollouts.adopted_on <= windows.last_adopted_on then 'SUBJECT'
        end as arm,
        case
            when cast(applications.submitted_at as date) between windows.before_from and windows.before_to then 'BEFORE'
            when cast(applications.submitted_at as date) between windows.after_from and windows.after_to then 'AFTER'
        end as submitted_in,
        case
            when cast(applications.decided_at as date) <= windows.before_to then 'BEFORE'
            when cast(applications.decided_at as date) between windows.after_from and windows.after_to then 'AFTER'
        end as decided_in,
        applications.*
    from {{ ref('fct_application') }} as applications
    inner join {{ ref('stg_policy_rollouts') }} as rollouts
        on applications.branch_code = rollouts.branch_code
        and rollouts.policy_code = 'SEGMENTATION'
    cross join {{ ref('int_claim_window') }} as windows

),

expected as (

    select
        measures.metric_code,
        application.arm,
        application.submitted_in as period,
        count(*) as observations,
        sum(case
            when measures.metric_code = 'OFFER_ACCEPTANCE' and application.is_accepted then 1
            when measures.metric_code = 'OFFER_ACCEPTANCE' then 0
        end) as accepted
    from application
    cross join (
        select 'BUSINESS_HOURS_TO_DECISION' as metric_code
        union all
        select 'CALENDAR_HOURS_TO_DECISION' as metric_code
        union all
        select 'OFFER_ACCEPTANCE' as metric_code
    ) as measures
    where application.submitted_in = application.decided_in
        and application.arm is not null
        and case measures.metric_code
            when 'OFFER_ACCEPTANCE' then application.decision in ('APPROVED', 'COUNTER_OFFERED')
            else application.decision in ('APPROVED', 'DECLINED', 'COUNTER_OFFERED') and application.clock_status = 'MEASURED'
        end
    group by measures.metric_code, application.arm, application.submitted_in

),

found as (

    select claims.metric_code, evidence.*
    from {{ ref('mart_claim_evidence') }} as evidence
    inner join {{ ref('mart_claims') }} as claims
        on evidence.claim_id = claims.claim_id
    where claims.metric_code in ('BUSINESS_HOURS_TO_DECISION', 'CALENDAR_HOURS_TO_DECISION', 'OFFER_ACCEPTANCE')

)

select expected.*, found.observations as found_observations, found.numerator as found_numerator
from expected
full join found
    on expected.metric_code = found.metric_code
    and expected.arm = found.arm
    and expected.period = found.period
where expected.observations is distinct from found.observations
    or found.denominator is distinct from found.observations
    or (expected.accepted is not null and expected.accepted is distinct from found.numerator)
