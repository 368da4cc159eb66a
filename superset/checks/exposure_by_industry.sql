-- from the loans themselves, in the segment of their client; who has left keeps the last one
with balances as (

    select
        loans.client_key,
        loans.outstanding_amount,
        (
            select max(held.as_of_month)
            from marts.fct_client_segment_month as held
            where held.client_key = loans.client_key and held.as_of_month <= loans.as_of_month
        ) as segment_month
    from marts.fct_loan_month as loans
    where loans.as_of_month = (select max(as_of_month) from marts.dim_month)

),

amounts as (

    select
        clients.industry_segment,
        balances.outstanding_amount
    from balances
    inner join marts.fct_client_segment_month as clients
        on balances.client_key = clients.client_key and balances.segment_month = clients.as_of_month

)

select
    names.name_en || ' ' || names.name_zh as segment,
    cast(sum(amounts.outstanding_amount) as double) / 1000000 as value
from amounts
inner join marts.dim_segment as names
    on names.axis = 'INDUSTRY' and amounts.industry_segment = names.segment_code
group by names.name_en, names.name_zh
having sum(amounts.outstanding_amount) > 0
