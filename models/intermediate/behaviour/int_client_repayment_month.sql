-- What a client had to repay in a month, what of it came on time and early, and the worst days past due of its loans at
-- the month end. Grain: client x month with a loan on the books or one that ended in the month, and for the early part the
-- eleven months before the history in which something fell due.
{{ monthly_model() }}
with repaid as (

    select
        client_key,
        as_of_month,
        sum(due_amount) as due_amount,
        sum(paid_on_time_amount) as paid_on_time_amount,
        -- days that nobody knows are no days: NULL when no loan has any
        max(days_past_due) as max_days_past_due
    from {{ ref('int_loan_month') }}
    where as_of_month >= {{ first_rebuilt_month() }}
    group by client_key, as_of_month

),

early as (

    select
        client_key,
        as_of_month,
        sum(due_amount) as scheduled_amount,
        sum(paid_early_amount) as paid_early_amount
    from {{ ref('int_early_repayment') }}
    -- the join below is full: months that are not rebuilt would come in a second time
    where as_of_month >= {{ first_rebuilt_month() }}
    group by client_key, as_of_month

)

select
    coalesce(repaid.client_key, early.client_key) as client_key,
    coalesce(repaid.as_of_month, early.as_of_month) as as_of_month,
    cast(coalesce(repaid.due_amount, 0) as decimal(18,2)) as due_amount,
    cast(coalesce(repaid.paid_on_time_amount, 0) as decimal(18,2)) as paid_on_time_amount,
    cast(coalesce(early.scheduled_amount, 0) as decimal(18,2)) as scheduled_amount,
    cast(coalesce(early.paid_early_amount, 0) as decimal(18,2)) as paid_early_amount,
    repaid.max_days_past_due
from repaid
full join early
    on repaid.client_key = early.client_key
    and repaid.as_of_month = early.as_of_month
