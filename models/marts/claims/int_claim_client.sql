-- Claims about clients of branches, by branch: satisfaction, borrowing again, staying. A client belongs to the branch of its
-- last application by the day in question; one without an application belongs to none.
{{ config(schema = 'intermediate') }}
with applied as (

    select
        client_key,
        branch_code,
        cast(submitted_at as date) as submitted_on,
        decided_at,
        application_no
    from {{ ref('int_application') }}
    where branch_code is not null

),

answer as (

    select
        identity.client_key,
        surveys.response_no,
        surveys.answered_at,
        cast(surveys.answered_at as date) as answered_on,
        surveys.csat,
        row_number() over (
            partition by identity.client_key, last_day(cast(surveys.answered_at as date))
            order by surveys.answered_at desc, surveys.response_no desc
        ) as response_order
    from {{ ref('stg_satisfaction_surveys') }} as surveys
    inner join {{ ref('int_client_identity') }} as identity
        on surveys.source_system = identity.source_system
        and surveys.client_no = identity.client_no

),

-- of what it was asked about: the decision before
answered as (

    select
        answer.client_key,
        answer.answered_on,
        answer.csat,
        applied.branch_code,
        row_number() over (
            partition by answer.client_key, answer.response_no
            order by applied.decided_at desc, applied.application_no desc
        ) as choice
    from answer
    inner join applied
        on answer.client_key = applied.client_key
        and answer.answered_at >= applied.decided_at
    where answer.response_order = 1
        and answer.csat is not null

),

-- the month ends that are looked at: the one before the months of a period, and its last one
moment as (

    select
        'BEFORE' as period,
        {{ days_later('before_from', -1) }} as first_month,
        before_from as window_from,
        before_to as window_to
    from {{ ref('int_claim_window') }}
    union all
    select
        'AFTER' as period,
        {{ days_later('after_from', -1) }} as first_month,
        after_from as window_from,
        after_to as window_to
    from {{ ref('int_claim_window') }}

),

day as (

    select distinct day_on
    from (
        select first_month as day_on from moment
        union all
        select window_to as day_on from moment
    ) as days
    where day_on is not null

),

at_branch as (

    select client_key, day_on, branch_code
    from (
        select
            applied.client_key,
            day.day_on,
            applied.branch_code,
            row_number() over (
                partition by applied.client_key, day.day_on
                order by applied.submitted_on desc, applied.application_no desc
            ) as choice
        from applied
        inner join day
            on applied.submitted_on <= day.day_on
    ) as latest
    where choice = 1

),

measured as (

    select
        'CSAT_SCORE' as metric_code,
        {{ period_of_rollout('answered.answered_on', 'answered.answered_on') }} as period,
        answered.branch_code,
        answered.csat as numerator,
        1 as denominator
    from answered
    cross join {{ ref('int_claim_window') }} as rollout
    where answered.choice = 1

    union all

    select
        'REPEAT_BORROWING' as metric_code,
        moment.period,
        at_branch.branch_code,
        case when draws.draws_12m >= 2 then 1 else 0 end as numerator,
        1 as denominator
    from moment
    inner join {{ ref('int_client_draw_month') }} as draws
        on moment.window_to = draws.as_of_month
        and draws.draws_12m >= 1
    inner join at_branch
        on draws.client_key = at_branch.client_key
        and moment.window_to = at_branch.day_on

    union all

    select
        'RETENTION_12M' as metric_code,
        moment.period,
        at_branch.branch_code,
        case when later.client_key is not null then 1 else 0 end as numerator,
        1 as denominator
    from moment
    inner join {{ ref('int_client_month') }} as clients
        on moment.first_month = clients.as_of_month
    inner join at_branch
        on clients.client_key = at_branch.client_key
        and moment.first_month = at_branch.day_on
    left join {{ ref('int_client_month') }} as later
        on clients.client_key = later.client_key
        and moment.window_to = later.as_of_month

),

claimed as (

    select
        claims.claim_id,
        branches.arm,
        measured.period,
        measured.branch_code as cluster_key,
        moment.window_from,
        moment.window_to,
        1 as observations,
        measured.numerator,
        measured.denominator
    from measured
    inner join moment
        on measured.period = moment.period
    inner join {{ ref('int_claim_branch') }} as branches
        on measured.branch_code = branches.branch_code
    inner join {{ ref('int_claim') }} as claims
        on measured.metric_code = claims.metric_code

)

{{ summed_by_cluster('claimed') }}
