-- The first version of a schedule repays the principal. Rejected instalments make a schedule short, so loans with one
-- are left out; what remains must tie to the cent.
with broken as (

    select distinct loan_no
    from {{ ref('base_repayment_schedules') }}
    where row_status = 'REJECTED'

),

scheduled as (

    select
        loan_no,
        sum(principal_due) as principal_due
    from {{ ref('stg_repayment_schedules') }}
    where schedule_version = 1
    group by loan_no

)

select scheduled.loan_no, scheduled.principal_due, loans.principal
from scheduled
inner join {{ ref('stg_loans') }} as loans
    on scheduled.loan_no = loans.loan_no
left join broken
    on scheduled.loan_no = broken.loan_no
where broken.loan_no is null
    and scheduled.principal_due <> loans.principal
