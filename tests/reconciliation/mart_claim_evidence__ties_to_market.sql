-- Claims without a branch hold the costs and clients of every axis of mart_acquisition, and the balances of mart_market_share.
with period as (

    select 'BEFORE' as period, before_from as window_from, before_to as window_to from {{ ref('int_claim_window') }}
    union all
    select 'AFTER' as period, after_from as window_from, after_to as window_to from {{ ref('int_claim_window') }}

),

expected as (

    select
        'ACQUISITION_COST' as metric_code,
        acquisitions.axis as checked_by,
        period.period,
        cast(sum(acquisitions.cost_amount) as decimal(28,6)) as numerator,
        cast(sum(acquisitions.first_drawdowns) as decimal(28,6)) as denominator
    from period
    inner join {{ ref('mart_acquisition') }} as acquisitions
        on acquisitions.as_of_month between period.window_from and period.window_to
        and acquisitions.cost_amount is not null
    group by acquisitions.axis, period.period

    union all

    select
        'QUALITY_MARKET_SHARE' as metric_code,
        'SECTOR' as checked_by,
        period.period,
        cast(sum(shares.own_quality_balance_then_amount) as decimal(28,6)) as numerator,
        cast(sum(shares.market_quality_balance_amount) as decimal(28,6)) as denominator
    from period
    inner join {{ ref('mart_market_share') }} as shares
        on shares.as_of_month between period.window_from and period.window_to
        and shares.own_quality_balance_then_amount is not null
        and shares.market_quality_balance_amount > 0
    group by period.period

),

found as (

    select claims.metric_code, evidence.*
    from {{ ref('mart_claim_evidence') }} as evidence
    inner join {{ ref('mart_claims') }} as claims
        on evidence.claim_id = claims.claim_id
    where claims.metric_code in ('ACQUISITION_COST', 'QUALITY_MARKET_SHARE')

)

select expected.*, found.numerator as found_numerator, found.denominator as found_denominator
from expected
left join found
    on expected.metric_code = found.metric_code
    and expected.period = found.period
where expected.numerator is distinct from found.numerator
    or expected.denominator is distinct from found.denominator
