-- The lender's part of the market, sector by sector (domain.md section 1f): own balances over those that the market had on
-- the same day. A market balance is published weeks after its day, so the newest one known at a month end is of an earlier
-- day, and the own balance of that day is what it is compared with. Who is a quality client says rule_claim_quality_segment,
-- for the own balance and for the population of the market alike.
with quality_tier as (

    select
        segment_code,
        valid_from,
        valid_to
    from {{ ref('rule_claim_quality_segment') }}
    where axis = 'CREDIT'

),

own as (

    select
        placement.stock_industry as sector,
        placement.as_of_month,
        cast(sum(exposure.exposure_amount) as decimal(28,2)) as balance_amount,
        cast(sum(case when quality_tier.segment_code is not null then exposure.exposure_amount else 0 end) as decimal(28,2)) as quality_balance_amount
    from {{ ref('int_client_placement_month') }} as placement
    inner join {{ ref('int_client_exposure_month') }} as exposure
        on placement.client_key = exposure.client_key
        and placement.as_of_month = exposure.as_of_month
    left join quality_tier
        on placement.stock_credit = quality_tier.segment_code
        and placement.as_of_month >= quality_tier.valid_from
        and placement.as_of_month < quality_tier.valid_to
    group by placement.stock_industry, placement.as_of_month

),

published as (

    select
        months.as_of_month,
        indicators.sector,
        indicators.population,
        indicators.period_end,
        indicators.value,
        row_number() over (
            partition by months.as_of_month, indicators.sector, indicators.population
            order by indicators.period_end desc, indicators.released_on desc
        ) as choice
    from {{ ref('int_month') }} as months
    inner join {{ ref('stg_market_indicators') }} as indicators
        on indicators.released_on <= months.as_of_month
    where indicators.indicator = 'LOAN_BALANCE'
        and indicators.size_class = 'ALL'
        -- no total rows
        and indicators.sector <> 'ALL'

),

-- the market counts in yuan
market as (

    select
        published.as_of_month,
        published.sector,
        published.population,
        published.period_end,
        cast(round(cast(published.value as double) / cast(rates.yuan_per_unit as double), 2) as decimal(28,2)) as balance_amount
    from published
    left join {{ ref('int_yuan_rate') }} as rates
        on last_day(published.period_end) = rates.month_end
    where published.choice = 1

),

tiers_of_day as (

    select
        days.period_end,
        count(*) as tiers
    from (select distinct period_end from market) as days
    inner join quality_tier
        on days.period_end >= quality_tier.valid_from
        and days.period_end < quality_tier.valid_to
    group by days.period_end

),

-- a tier that is not published on the day leaves the market of quality clients unknown
quality_market as (

    select
        market.as_of_month,
        market.sector,
        market.period_end,
        sum(market.balance_amount) as balance_amount
    from market
    inner join quality_tier
        on market.population = quality_tier.segment_code
        and market.period_end >= quality_tier.valid_from
        and market.period_end < quality_tier.valid_to
    inner join tiers_of_day
        on market.period_end = tiers_of_day.period_end
    group by market.as_of_month, market.sector, market.period_end, tiers_of_day.tiers
    having count(*) = tiers_of_day.tiers

),

sector_month as (

    select sector, as_of_month from own
    union
    select sector, as_of_month from market

),

matched as (

    select
        sector_month.sector,
        sector_month.as_of_month,
        coalesce(own.balance_amount, 0) as own_balance_amount,
        coalesce(own.quality_balance_amount, 0) as own_quality_balance_amount,
        whole.period_end as market_period_end,
        whole.balance_amount as market_balance_amount,
        -- outside the history, or on a day that is no month end, the own balance is not known
        case when whole_month.as_of_month is not null then coalesce(own_then.balance_amount, 0) end as own_balance_then_amount,
        quality.period_end as market_quality_period_end,
        cast(quality.balance_amount as decimal(28,2)) as market_quality_balance_amount,
        case when quality_month.as_of_month is not null then coalesce(own_quality_then.quality_balance_amount, 0) end as own_quality_balance_then_amount
    from sector_month
    left join own
        on sector_month.sector = own.sector
        and sector_month.as_of_month = own.as_of_month
    left join (select * from market where population = 'ALL') as whole
        on sector_month.sector = whole.sector
        and sector_month.as_of_month = whole.as_of_month
    left join quality_market as quality
        on sector_month.sector = quality.sector
        and sector_month.as_of_month = quality.as_of_month
    left join {{ ref('int_month') }} as whole_month
        on whole.period_end = whole_month.as_of_month
    left join {{ ref('int_month') }} as quality_month
        on quality.period_end = quality_month.as_of_month
    left join own as own_then
        on sector_month.sector = own_then.sector
        and whole.period_end = own_then.as_of_month
    left join own as own_quality_then
        on sector_month.sector = own_quality_then.sector
        and quality.period_end = own_quality_then.as_of_month

)

select
    sector,
    as_of_month,
    own_balance_amount,
    own_quality_balance_amount,
    market_period_end,
    own_balance_then_amount,
    market_balance_amount,
    {{ ratio('own_balance_then_amount', 'market_balance_amount') }} as market_share,
    market_quality_period_end,
    own_quality_balance_then_amount,
    market_quality_balance_amount,
    {{ ratio('own_quality_balance_then_amount', 'market_quality_balance_amount') }} as quality_market_share
from matched
-- a sector whose loans are all repaid has no balance any more
where own_balance_amount <> 0
    or market_period_end is not null
    or market_quality_period_end is not null
