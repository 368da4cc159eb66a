-- What is our share of the market, and of its quality clients, in each sector?
select
    sector,
    market_period_end,
    own_balance_then_amount,
    market_balance_amount,
    market_share,
    own_quality_balance_then_amount,
    market_quality_balance_amount,
    quality_market_share
from {{ ref('mart_market_share') }}
where as_of_month = (select max(as_of_month) from {{ ref('dim_month') }})
order by sector
