-- from the loans themselves, in the segment of their client; who has left keeps the last one
with balances as (

    select
        loans.as_of_month,
        loans.client_key,
        loans.days_past_due,
        loans.outstanding_amount,
        (
            select max(held.as_of_month)
            from marts.fct_client_segment_month as held
            where held.client_key = loans.client_key and held.as_of_month <= loans.as_of_month
        ) as segment_month
    from marts.fct_loan_month as loans

)

select
    balances.as_of_month,
    names.name_en || ' ' || names.name_zh as segment,
    cast(sum(case when balances.days_past_due > 30 then balances.outstanding_amount else 0 end) as double)
    / cast(sum(balances.outstanding_amount) as double) as value
from balances
inner join marts.fct_client_segment_month as clients
    on balances.client_key = clients.client_key and balances.segment_month = clients.as_of_month
inner join marts.dim_segment as names
    on names.axis = 'SIZE' and clients.size_segment = names.segment_code
group by balances.as_of_month, names.name_en, names.name_zh
having sum(balances.outstanding_amount) > 0
