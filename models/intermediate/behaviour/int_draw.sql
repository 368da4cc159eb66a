-- Drawdowns as acts of the client: what was drawn for one facility on one day is one draw, however many loans it was
-- split into. A loan that only replaces another is a renewal, not a draw: declared, restructured at birth, or of the
-- same amount as one that was closed on its day (evergreen; dq_cross_table_issue flags the undeclared ones).
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
        loan.client_key,
        loan.disbursed_on as drawn_on,
        loan.loan_no,
        loan.facility_no,
        loan.principal_amount,
        case
            when loan.renewed_from_loan_no is not null then 'DECLARED'
            when loan.restructured_on <= loan.disbursed_on then 'RESTRUCTURED'
            when evergreen.loan_key is not null then 'EVERGREEN'
        end as renewal_basis
    from loan
    left join evergreen on loan.loan_key = evergreen.loan_key

),

-- renewals and loans without a facility stand for themselves
placed as (

    select
        *,
        case when renewal_basis is not null or facility_no is null then loan_no end as single_loan_no
    from judged

)

select
    {{ key_of(['client_key', 'drawn_on', 'facility_no', 'single_loan_no']) }} as draw_key,
    client_key,
    drawn_on,
    facility_no,
    renewal_basis is not null as is_renewal,
    renewal_basis,
    cast(count(*) as integer) as loans,
    cast(sum(principal_amount) as decimal(18,2)) as principal_amount
from placed
group by client_key, drawn_on, facility_no, single_loan_no, renewal_basis
