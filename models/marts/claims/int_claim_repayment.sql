-- Claims about repayment, by client: what fell due in a month counts in the segment that the client held at the month end
-- before, in the cumulative rate also when it was paid in another segment. Four definitions (domain.md section 1f) and, for
-- telling stable from stressed borrowers, instalments of loans that were not past due when the segment was assigned.
{{ config(schema = 'intermediate') }}
with history as (

    select
        first_month,
        last_month
    from {{ ref('stg_reporting_window') }}

),

-- the newest rate of a sector that was known at a month end
published as (

    select
        as_of_month,
        sector,
        value
    from (
        select
            months.as_of_month,
            indicators.sector,
            indicators.value,
            row_number() over (
                partition by months.as_of_month, indicators.sector
                order by indicators.period_end desc, indicators.released_on desc
            ) as choice
        from {{ ref('int_month') }} as months
        inner join {{ ref('stg_market_indicators') }} as indicators
            on indicators.released_on <= months.as_of_month
        where indicators.indicator = 'ON_TIME_REPAYMENT_RATE'
            and indicators.size_class = 'ALL'
            and indicators.population = 'ALL'
    ) as ranked
    where choice = 1

),

flow as (

    select
        placement.client_key,
        placement.as_of_month,
        cast(date_trunc('month', placement.as_of_month) as date) as month_from,
        placement.as_of_month >= windows.recent_from as is_recent,
        exposure.due_amount,
        exposure.paid_on_time_amount,
        exposure.collected_amount,
        -- of its sector, else of all
        coalesce(by_sector.value, overall.value) as benchmark_rate,
        {% for axis in segment_axes() | map('lower') -%}
        placement.flow_{{ axis }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_client_placement_month') }} as placement
    inner join history
        on placement.as_of_month >= history.first_month
        and placement.as_of_month <= history.last_month
    inner join {{ ref('int_client_exposure_month') }} as exposure
        on placement.client_key = exposure.client_key
        and placement.as_of_month = exposure.as_of_month
    cross join {{ ref('int_claim_window') }} as windows
    left join published as by_sector
        on placement.as_of_month = by_sector.as_of_month
        and placement.flow_industry = by_sector.sector
    left join published as overall
        on placement.as_of_month = overall.as_of_month
        and overall.sector = 'ALL'
    -- what is paid later is collected in a month in which nothing may fall due
    where exposure.due_amount > 0
        or exposure.collected_amount <> 0

),

-- months of a client in the same segments count together: claims are many, the months more
summed_flow as (

    select
        client_key,
        is_recent,
        due_amount > 0 as is_due,
        {% for axis in segment_axes() | map('lower') -%}
        flow_{{ axis }},
        {% endfor -%}
        min(month_from) as window_from,
        max(as_of_month) as window_to,
        count(*) as months,
        sum(due_amount) as due_amount,
        sum(paid_on_time_amount) as paid_on_time_amount,
        sum(collected_amount) as collected_amount,
        count(benchmark_rate) as benchmark_months,
        sum(case when benchmark_rate is not null then due_amount end) as benchmark_due_amount,
        sum(cast(cast(due_amount as double) * cast(benchmark_rate as double) as decimal(28,6))) as benchmark_paid_amount
    from flow
    group by all

),

placed_flow as (

    select
        claims.claim_id,
        claims.metric_code,
        claims.design,
        {{ arm_of_claim(segment_of_claim('flow.flow_{axis}')) }} as arm,
        flow.*
    from summed_flow as flow
    inner join {{ ref('int_claim') }} as claims
        on (claims.metric_code = 'ON_TIME_RATE' and flow.is_due)
        or (claims.metric_code = 'CURRENT_REPAYMENT_RATE' and flow.is_recent)

),

-- of what fell due in a month of the history, what has been paid by its end
repaid as (

    select
        client_key,
        due_month,
        sum(due_amount) as due_amount,
        sum(repaid_amount) as repaid_amount
    from {{ ref('int_repayment_to_date') }}
    group by client_key, due_month

),

placed_repaid as (

    select
        claims.claim_id,
        {{ arm_of_claim(segment_of_claim('placement.flow_{axis}')) }} as arm,
        repaid.client_key,
        repaid.due_month,
        repaid.due_amount,
        repaid.repaid_amount
    from repaid
    inner join {{ ref('int_client_placement_month') }} as placement
        on repaid.client_key = placement.client_key
        and repaid.due_month = placement.as_of_month
    inner join {{ ref('int_claim') }} as claims
        on claims.metric_code = 'CUMULATIVE_REPAYMENT_RATE'

),

matured as (

    select
        claims.claim_id,
        {{ arm_of_claim(segment_of_claim('placement.flow_{axis}')) }} as arm,
        maturities.client_key,
        maturities.matured_month,
        maturities.is_repaid_on_time
    from {{ ref('int_loan_maturity') }} as maturities
    inner join {{ ref('int_client_placement_month') }} as placement
        on maturities.client_key = placement.client_key
        and maturities.matured_month = placement.as_of_month
    inner join {{ ref('int_claim') }} as claims
        on claims.metric_code = 'LOAN_COUNT_REPAYMENT_RATE'

),

fallen_due as (

    select
        outcomes.loan_key,
        outcomes.due_on,
        outcomes.paid_on_time_amount >= outcomes.amount_due - instalments.tolerated_amount as is_paid_on_time
    from {{ ref('int_instalment_outcome') }} as outcomes
    inner join {{ ref('int_instalment') }} as instalments
        on outcomes.loan_key = instalments.loan_key
        and outcomes.schedule_version = instalments.schedule_version
        and outcomes.instalment_no = instalments.instalment_no
    where outcomes.amount_due > 0

),

instalment as (

    select
        claims.claim_id,
        {{ arm_of_claim(segment_of_claim('placement.flow_{axis}')) }} as arm,
        loans.client_key,
        placement.as_of_month,
        fallen_due.is_paid_on_time
    from fallen_due
    inner join {{ ref('int_loan') }} as loans
        on fallen_due.loan_key = loans.loan_key
    inner join history
        on fallen_due.due_on >= cast(date_trunc('month', history.first_month) as date)
        and fallen_due.due_on <= history.last_month
    inner join {{ ref('int_client_placement_month') }} as placement
        on loans.client_key = placement.client_key
        and last_day(fallen_due.due_on) = placement.as_of_month
    inner join {{ ref('int_claim') }} as claims
        on claims.metric_code = 'ON_TIME_INSTALMENT_RATE'
    left join {{ ref('int_loan_month') }} as before
        on fallen_due.loan_key = before.loan_key
        and last_day({{ months_later('fallen_due.due_on', -1) }}) = before.as_of_month
    -- a loan of the month itself was not past due before it; days that nobody knows are not zero
    where before.loan_key is null
        or before.days_past_due = 0

),

claimed as (

    select
        claim_id,
        arm,
        client_key as cluster_key,
        window_from,
        window_to,
        months as observations,
        cast(case when metric_code = 'ON_TIME_RATE' then paid_on_time_amount else collected_amount end as decimal(28,6)) as numerator,
        cast(due_amount as decimal(28,6)) as denominator
    from placed_flow

    union all

    select
        claim_id,
        arm,
        client_key as cluster_key,
        cast(date_trunc('month', due_month) as date) as window_from,
        due_month as window_to,
        1 as observations,
        cast(repaid_amount as decimal(28,6)) as numerator,
        cast(due_amount as decimal(28,6)) as denominator
    from placed_repaid

    union all

    -- what the industry would have paid on time of the same amounts
    select
        claim_id,
        'REFERENCE' as arm,
        client_key as cluster_key,
        window_from,
        window_to,
        benchmark_months as observations,
        cast(benchmark_paid_amount as decimal(28,6)) as numerator,
        cast(benchmark_due_amount as decimal(28,6)) as denominator
    from placed_flow
    where design = 'SEGMENT_AGAINST_BENCHMARK'
        and arm = 'SUBJECT'
        and benchmark_months > 0

    union all

    select
        claim_id,
        arm,
        client_key as cluster_key,
        cast(date_trunc('month', matured_month) as date) as window_from,
        matured_month as window_to,
        1 as observations,
        case when is_repaid_on_time then 1 else 0 end as numerator,
        1 as denominator
    from matured

    union all

    select
        claim_id,
        arm,
        client_key as cluster_key,
        cast(date_trunc('month', as_of_month) as date) as window_from,
        as_of_month as window_to,
        1 as observations,
        case when is_paid_on_time then 1 else 0 end as numerator,
        1 as denominator
    from instalment

),

counted as (

    select
        claimed.*,
        'ALL' as period
    from claimed

)

{{ summed_by_cluster('counted') }}
