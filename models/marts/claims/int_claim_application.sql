-- Claims about applications, by branch: hours to the decision (as logarithms, whose difference is the logarithm of a
-- ratio), offers accepted, and new clients won.
{{ config(schema = 'intermediate') }}
with parameter as (

    select
        cast(limits.shortest_hours as double) as shortest_hours,
        cast(limits.conversion_days as integer) as conversion_days,
        reporting.last_month
    from {{ ref('stg_reporting_window') }} as reporting
    inner join {{ rule_values(ref('rule_claim_parameter'), 'parameter_id', {
        'shortest_hours': ['SHORTEST_HOURS', 'parameter_value'],
        'conversion_days': ['CONVERSION_DAYS', 'parameter_value'],
    }) }} as limits
        on reporting.last_month = limits.as_of_month

),

submitted as (

    select
        applications.branch_code,
        branches.arm,
        {{ period_of_rollout('cast(applications.submitted_at as date)', 'cast(applications.submitted_at as date)') }} as period,
        rollout.before_from,
        rollout.before_to,
        rollout.after_from,
        rollout.after_to,
        -- new while it had not drawn before
        coalesce(acquisitions.acquired_on >= cast(applications.submitted_at as date), true) as is_new,
        coalesce(
            acquisitions.application_no = applications.application_no
            and acquisitions.acquired_on <= {{ days_later('cast(applications.submitted_at as date)', 'parameter.conversion_days') }},
            false
        ) as is_acquiring,
        -- else the last ones have had no time to be drawn
        {{ days_later('cast(applications.submitted_at as date)', 'parameter.conversion_days') }} <= parameter.last_month as is_mature
    from {{ ref('fct_application') }} as applications
    inner join {{ ref('int_claim_branch') }} as branches
        on applications.branch_code = branches.branch_code
    cross join {{ ref('int_claim_window') }} as rollout
    cross join parameter
    left join {{ ref('int_client_acquisition') }} as acquisitions
        on applications.client_key = acquisitions.client_key

),

measured as (

    select
        'BUSINESS_HOURS_TO_DECISION' as metric_code,
        decisions.arm,
        decisions.period,
        decisions.branch_code,
        decisions.window_from,
        decisions.window_to,
        cast(ln(greatest(cast(decisions.business_hours as double), parameter.shortest_hours)) as decimal(18,10)) as numerator
    from {{ ref('int_claim_decision') }} as decisions
    cross join parameter
    where decisions.business_hours is not null

    union all

    select
        'CALENDAR_HOURS_TO_DECISION' as metric_code,
        decisions.arm,
        decisions.period,
        decisions.branch_code,
        decisions.window_from,
        decisions.window_to,
        cast(ln(greatest(cast(decisions.calendar_hours as double), parameter.shortest_hours)) as decimal(18,10)) as numerator
    from {{ ref('int_claim_decision') }} as decisions
    cross join parameter
    where decisions.calendar_hours is not null

    union all

    select
        'OFFER_ACCEPTANCE' as metric_code,
        arm,
        period,
        branch_code,
        window_from,
        window_to,
        case when is_accepted then 1 else 0 end as numerator
    from {{ ref('int_claim_decision') }}
    where decision in ('APPROVED', 'COUNTER_OFFERED')

    union all

    select
        'DRAWDOWN_CONVERSION' as metric_code,
        arm,
        period,
        branch_code,
        case when period = 'BEFORE' then before_from else after_from end as window_from,
        case when period = 'BEFORE' then before_to else after_to end as window_to,
        case when is_acquiring then 1 else 0 end as numerator
    from submitted
    where is_new
        and is_mature

),

claimed as (

    select
        claims.claim_id,
        measured.arm,
        measured.period,
        measured.branch_code as cluster_key,
        measured.window_from,
        measured.window_to,
        1 as observations,
        measured.numerator,
        1 as denominator
    from measured
    inner join {{ ref('int_claim') }} as claims
        on measured.metric_code = claims.metric_code

)

{{ summed_by_cluster('claimed') }}
