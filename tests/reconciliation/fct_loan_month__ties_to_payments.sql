-- Over the life of a loan its money adds up: what the months say was paid is what the payments of these months say, less
-- reversals, and what fell due is what the schedule version of each due date says. Loans in the lender's currency: a
-- foreign one is converted month by month.
with reporting as (

    select first_month, last_month from {{ ref('stg_reporting_window') }}

),

life as (

    select
        months.loan_key,
        months.loan_no,
        min(months.as_of_month) as first_month,
        max(months.as_of_month) as last_month,
        max(months.balance_source) as balance_source,
        sum(months.paid_amount) as paid_amount,
        sum(months.due_amount) as due_amount
    from {{ ref('fct_loan_month') }} as months
    where months.currency = '{{ lending_currency() }}'
    group by months.loan_key, months.loan_no

),

paid as (

    select life.loan_key, sum(payments.signed_amount) as paid_amount
    from life
    cross join reporting
    inner join {{ ref('stg_payments') }} as payments
        on life.loan_no = payments.loan_no
        and last_day(payments.value_on) <= life.last_month
        -- money from before the first month of a loan counts in it, money from before the history does not
        and last_day(payments.value_on) >= reporting.first_month
    group by life.loan_key

),

due as (

    select life.loan_key, sum(instalments.principal_due + instalments.interest_due) as due_amount
    from life
    inner join {{ ref('int_loan') }} as loans
        on life.loan_key = loans.loan_key
    inner join {{ ref('int_instalment') }} as instalments
        on life.loan_key = instalments.loan_key
        and instalments.due_on >= instalments.holds_from
        and instalments.due_on < instalments.holds_to
        and last_day(instalments.due_on) between life.first_month and life.last_month
        -- all of the month in which it was paid off, but nothing after a write-off
        and coalesce(instalments.due_on <= loans.written_off_on, true)
    where life.balance_source = 'SCHEDULE'
    group by life.loan_key

)

select life.*, paid.paid_amount as payments_paid, due.due_amount as schedule_due
from life
left join paid
    on life.loan_key = paid.loan_key
left join due
    on life.loan_key = due.loan_key
where life.paid_amount <> coalesce(paid.paid_amount, 0)
    or life.due_amount <> coalesce(due.due_amount, 0)
