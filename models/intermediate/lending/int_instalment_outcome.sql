-- What became of every instalment that has fallen due, in the version that held on its due date: how much of it the
-- loan's money covered, in order, by the due date (domain.md section 1f, repayment rate (b)).
with due as (

    select instalments.*
    from {{ ref('int_instalment') }} as instalments
    cross join {{ ref('stg_reporting_window') }} as reporting
    where instalments.due_on >= instalments.holds_from
        and instalments.due_on < instalments.holds_to
        and instalments.due_on <= reporting.as_of_date

),

paid_on_day as (

    select
        loans.loan_key,
        payments.value_on,
        sum(payments.signed_amount) as paid
    from {{ ref('stg_payments') }} as payments
    inner join {{ ref('int_loan') }} as loans on payments.loan_no = loans.loan_no
    group by 1, 2

),

paid_by_day as (

    select
        loan_key,
        value_on,
        cast(sum(paid) over (partition by loan_key order by value_on rows between unbounded preceding and current row) as decimal(18,2)) as total_paid
    from paid_on_day

)

select
    due.loan_key,
    due.schedule_version,
    due.instalment_no,
    due.due_on,
    due.amount_due,
    cast(greatest(least(coalesce(paid_by_day.total_paid, 0) - (due.total_due - due.amount_due), due.amount_due), 0) as decimal(18,2)) as paid_on_time_amount
from due
inner join {{ ref('int_loan') }} as loans
    on due.loan_key = loans.loan_key
    and due.due_on <= loans.last_due_on
{{ asof_left_join('paid_by_day', 'paid_by_day', ['due.loan_key = paid_by_day.loan_key'], 'due.due_on >= paid_by_day.value_on') }}
