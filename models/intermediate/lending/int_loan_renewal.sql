-- Loans that only replace another: declared, restructured at birth, or of the same amount as one of the client's that was
-- closed on their day (evergreen; dq_cross_table_issue flags the undeclared ones). The one meaning of "renewal" for
-- draws, vintages and policy (domain.md sections 3b and 5b).
with loan as (

    select * from {{ ref('int_loan') }}

),

evergreen as (

    select distinct fresh.loan_key
    from loan as fresh
    inner join loan as old
        on fresh.client_key = old.client_key
        and fresh.disbursed_on = old.closed_on
        and fresh.principal = old.principal
        and fresh.currency = old.currency
        and fresh.loan_key <> old.loan_key

),

judged as (

    select
        loan.loan_key,
        case
            when loan.renewed_from_loan_no is not null then 'DECLARED'
            when loan.restructured_on <= loan.disbursed_on then 'RESTRUCTURED'
            when evergreen.loan_key is not null then 'EVERGREEN'
        end as renewal_basis
    from loan
    left join evergreen
        on loan.loan_key = evergreen.loan_key

)

select
    loan_key,
    renewal_basis
from judged
where renewal_basis is not null
