-- Rates into the lender's currency: per month, at its end (for stocks) and on average (for flows). The source quotes
-- every currency per euro, so a rate is a quotient of two quotes.
with quoted as (

    select
        currency,
        month_end,
        cast(rate_end as double) as rate_end,
        cast(rate_average as double) as rate_average
    from {{ ref('ref_fx_rate') }}

)

select
    quoted.currency,
    quoted.month_end,
    round(cast(own.rate_end / quoted.rate_end as decimal(28,10)), 10) as rate_end,
    round(cast(own.rate_average / quoted.rate_average as decimal(28,10)), 10) as rate_average
from quoted
inner join quoted as own
    on quoted.month_end = own.month_end
    and own.currency = '{{ lending_currency() }}'
