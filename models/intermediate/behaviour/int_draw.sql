-- Drawdowns as acts of the client: what was drawn for one facility on one day is one draw, however many loans it was
-- split into. A loan that only replaces another is a renewal, not a draw.
with judged as (

    select
        loan.client_key,
        loan.disbursed_on as drawn_on,
        loan.loan_no,
        loan.facility_no,
        loan.principal_amount,
        renewals.renewal_basis
    from {{ ref('int_loan') }} as loan
    left join {{ ref('int_loan_renewal') }} as renewals
        on loan.loan_key = renewals.loan_key

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
