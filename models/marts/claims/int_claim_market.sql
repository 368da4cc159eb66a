-- Claims that have no branch to be compared with: what winning a client costs, by month, and the share of the market of
-- quality clients, by sector; before and after the roll-out.
{{ config(schema = 'intermediate') }}
with acquired as (

    select
        as_of_month,
        sum(cost_amount) as cost_amount,
        sum(first_drawdowns) as first_drawdowns
    from {{ ref('mart_acquisition') }}
    -- every axis holds each cost and client once
    where axis = '{{ segment_axes()[0] }}'
        -- before the delivery has costs nobody knows what winning a client took
        and cost_amount is not null
    group by as_of_month

),

measured as (

    select
        'ACQUISITION_COST' as metric_code,
        {{ period_of_rollout("cast(date_trunc('month', acquired.as_of_month) as date)", 'acquired.as_of_month') }} as period,
        cast(acquired.as_of_month as varchar) as cluster_key,
        acquired.first_drawdowns as observations,
        cast(acquired.cost_amount as decimal(28,6)) as numerator,
        cast(acquired.first_drawdowns as decimal(28,6)) as denominator
    from acquired
    cross join {{ ref('int_claim_window') }} as rollout

    union all

    select
        'QUALITY_MARKET_SHARE' as metric_code,
        {{ period_of_rollout("cast(date_trunc('month', shares.as_of_month) as date)", 'shares.as_of_month') }} as period,
        shares.sector as cluster_key,
        1 as observations,
        cast(shares.own_quality_balance_then_amount as decimal(28,6)) as numerator,
        cast(shares.market_quality_balance_amount as decimal(28,6)) as denominator
    from {{ ref('mart_market_share') }} as shares
    cross join {{ ref('int_claim_window') }} as rollout
    where shares.quality_market_share is not null

),

claimed as (

    select
        claims.claim_id,
        'SUBJECT' as arm,
        measured.period,
        measured.cluster_key,
        case when measured.period = 'BEFORE' then rollout.before_from else rollout.after_from end as window_from,
        case when measured.period = 'BEFORE' then rollout.before_to else rollout.after_to end as window_to,
        measured.observations,
        measured.numerator,
        measured.denominator
    from measured
    cross join {{ ref('int_claim_window') }} as rollout
    inner join {{ ref('int_claim') }} as claims
        on measured.metric_code = claims.metric_code

)

{{ summed_by_cluster('claimed') }}
