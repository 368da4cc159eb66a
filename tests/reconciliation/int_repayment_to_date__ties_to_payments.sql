-- What is paid to date follows from two sums alone: of a loan whose schedule never changed, it is the money of the loan less
-- what fell due before the history, at least nothing and at most what fell due in it; and what fell due in a month is what
-- fct_loan_month says. Loans in the lender's currency: a foreign one is converted month by month.
with reporting as (

    select first_month, last_month from {{ ref('stg_reporting_window') }}

),

loan as (

    select loan_key, loan_no, last_due_on
    from {{ ref('int_loan') }}
    where balance_source = 'SCHEDULE'
        and currency = '{{ lending_currency() }}'

),

scheduled as (

    select
        loan.loan_key,
        sum(case when last_day(schedules.due_on) < reporting.first_month then schedules.principal_due + schedules.interest_due else 0 end) as due_before,
        sum(case when last_day(schedules.due_on) >= reporting.first_month then schedules.principal_due + schedules.interest_due else 0 end) as due_within
    from loan
    inner join {{ ref('stg_repayment_schedules') }} as schedules
        on loan.loan_no = schedules.loan_no
        and loan.last_due_on >= schedules.due_on
    cross join reporting
    where last_day(schedules.due_on) <= reporting.last_month
        and loan.loan_no not in (select loan_no from {{ ref('stg_repayment_schedules') }} where schedule_version > 1)
    group by loan.loan_key

),

paid as (

    select loan.loan_key, sum(payments.signed_amount) as paid
    from loan
    inner join {{ ref('stg_payments') }} as payments
        on loan.loan_no = payments.loan_no
    inner join reporting
        on payments.value_on <= reporting.last_month
    group by loan.loan_key

),

repaid as (

    select loan_key, sum(due_amount) as due_amount, sum(repaid_amount) as repaid_amount
    from {{ ref('int_repayment_to_date') }}
    group by loan_key

),

by_month as (

    select loan_key, due_month, sum(due_amount) as due_amount
    from {{ ref('int_repayment_to_date') }}
    group by loan_key, due_month

)

select
    scheduled.loan_key,
    null as as_of_month,
    scheduled.due_within as expected,
    repaid.due_amount as found_due,
    repaid.repaid_amount as found_paid
from scheduled
left join paid on scheduled.loan_key = paid.loan_key
left join repaid on scheduled.loan_key = repaid.loan_key
where scheduled.due_within <> coalesce(repaid.due_amount, 0)
    or greatest(least(coalesce(paid.paid, 0) - scheduled.due_before, scheduled.due_within), 0) <> coalesce(repaid.repaid_amount, 0)

union all

select
    months.loan_key,
    months.as_of_month,
    months.due_amount as expected,
    by_month.due_amount as found_due,
    null as found_paid
from {{ ref('fct_loan_month') }} as months
left join by_month
    on months.loan_key = by_month.loan_key
    and months.as_of_month = by_month.due_month
where months.currency = '{{ lending_currency() }}'
    and months.due_amount <> coalesce(by_month.due_amount, 0)
