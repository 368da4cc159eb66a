-- The credit lines of a client at a month end and what of them is drawn. Grain: client x month end of the history at
-- which a line is open. Lines in foreign money are worth the rate of the month end, like the loans drawn from them.
{{ monthly_model() }}
with open_limit as (

    select
        client_key,
        as_of_month,
        -- one line of unknown worth makes the sum unknown
        case when count(*) = count(limit_amount) then sum(limit_amount) end as limit_amount
    from {{ ref('int_facility_month') }}
    where as_of_month >= {{ first_rebuilt_month() }}
    group by client_key, as_of_month

),

drawn as (

    select
        months.client_key,
        months.as_of_month,
        sum(months.outstanding_amount) as drawn_amount
    from {{ ref('int_loan_month') }} as months
    inner join {{ ref('int_loan') }} as loans on months.loan_key = loans.loan_key
    where loans.facility_no is not null
        and months.as_of_month >= {{ first_rebuilt_month() }}
    group by months.client_key, months.as_of_month

)

select
    open_limit.client_key,
    open_limit.as_of_month,
    cast(open_limit.limit_amount as decimal(18,2)) as limit_amount,
    cast(coalesce(drawn.drawn_amount, 0) as decimal(18,2)) as drawn_amount,
    -- a limit of zero has no utilisation; more than one is possible
    cast(
        cast(coalesce(drawn.drawn_amount, 0) as double) / nullif(cast(open_limit.limit_amount as double), 0) as decimal(28,10)
    ) as utilisation
from open_limit
left join drawn
    on open_limit.client_key = drawn.client_key
    and open_limit.as_of_month = drawn.as_of_month
