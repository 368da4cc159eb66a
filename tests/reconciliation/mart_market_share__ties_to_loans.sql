-- Per month the sectors hold the whole book once.
with book as (

    select as_of_month, sum(outstanding_amount) as exposure_amount
    from {{ ref('fct_loan_month') }}
    group by as_of_month

),

sectors as (

    select as_of_month, sum(own_balance_amount) as exposure_amount
    from {{ ref('mart_market_share') }}
    group by as_of_month

)

select book.as_of_month, book.exposure_amount, sectors.exposure_amount as sectors_exposure_amount
from book
full join sectors
    on book.as_of_month = sectors.as_of_month
where coalesce(book.exposure_amount, 0) <> coalesce(sectors.exposure_amount, 0)
