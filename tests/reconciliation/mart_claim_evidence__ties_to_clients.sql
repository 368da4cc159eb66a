-- Claims about clients of branches count each client once: one answer a month, one row at the month end in question, at the
-- branch of its last application.
with moment as (

    select 'BEFORE' as period, before_from as window_from, before_to as window_to from {{ ref('int_claim_window') }}
    union all
    select 'AFTER' as period, after_from as window_from, after_to as window_to from {{ ref('int_claim_window') }}

),

placed as (

    select
        'REPEAT_BORROWING' as metric_code,
        moment.period,
        draws.client_key,
        moment.window_to as day_on,
        draws.draws_12m >= 2 as is_hit
    from moment
    inner join {{ ref('int_client_draw_month') }} as draws
        on moment.window_to = draws.as_of_month
        and draws.draws_12m > 0

    union all

    select
        'RETENTION_12M' as metric_code,
        moment.period,
        clients.client_key,
        clients.as_of_month as day_on,
        later.client_key is not null as is_hit
    from moment
    inner join {{ ref('int_client_month') }} as clients
        on {{ days_later('moment.window_from', -1) }} = clients.as_of_month
    left join {{ ref('int_client_month') }} as later
        on clients.client_key = later.client_key
        and moment.window_to = later.as_of_month

),

branched as (

    select
        placed.*,
        (
            select {{ last_known('applications.branch_code', "cast(applications.submitted_at as date) || applications.application_no") }}
            from {{ ref('int_application') }} as applications
            where applications.client_key = placed.client_key
                and applications.branch_code is not null
                and cast(applications.submitted_at as date) <= placed.day_on
        ) as branch_code
    from placed

),

expected as (

    select
        branched.metric_code,
        branches.arm,
        branched.period,
        count(*) as observations,
        count(*) filter (where branched.is_hit) as numerator
    from branched
    inner join {{ ref('int_claim_branch') }} as branches
        on branched.branch_code = branches.branch_code
    group by branched.metric_code, branches.arm, branched.period

),

found as (

    select claims.metric_code, evidence.*
    from {{ ref('mart_claim_evidence') }} as evidence
    inner join {{ ref('mart_claims') }} as claims
        on evidence.claim_id = claims.claim_id
    where claims.metric_code in ('REPEAT_BORROWING', 'RETENTION_12M')

),

answered as (

    select
        sum(evidence.observations) as found_answers,
        (
            select count(*)
            from (
                select distinct identity.client_key, last_day(cast(surveys.answered_at as date)) as month_end
                from {{ ref('stg_satisfaction_surveys') }} as surveys
                inner join {{ ref('int_client_identity') }} as identity
                    on surveys.source_system = identity.source_system
                    and surveys.client_no = identity.client_no
                inner join moment
                    on cast(surveys.answered_at as date) between moment.window_from and moment.window_to
                inner join {{ ref('int_application') }} as applications
                    on identity.client_key = applications.client_key
                    and surveys.answered_at >= applications.decided_at
                inner join {{ ref('int_claim_branch') }} as branches
                    on applications.branch_code = branches.branch_code
                where surveys.csat is not null
            ) as client_month
        ) as answers
    from {{ ref('mart_claim_evidence') }} as evidence
    inner join {{ ref('mart_claims') }} as claims
        on evidence.claim_id = claims.claim_id
        and claims.metric_code = 'CSAT_SCORE'

)

select expected.metric_code, expected.arm, expected.period, expected.observations, found.observations as found_observations
from expected
full join found
    on expected.metric_code = found.metric_code
    and expected.arm = found.arm
    and expected.period = found.period
where expected.observations is distinct from found.observations
    or expected.numerator is distinct from found.numerator

union all

-- an answer may fall out: its client has been with branches of both kinds, or the last answer of the month gives no mark
select 'CSAT_SCORE', null, null, answers, found_answers
from answered
where found_answers > answers
