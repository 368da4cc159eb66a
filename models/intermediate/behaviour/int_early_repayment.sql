-- What of the instalments of a loan that fell due in a month had been paid more than some days (parameter EARLY_DAYS)
-- before it was due; money covers instalments in order, as in int_instalment_outcome. Grain: loan x month in which
-- something fell due. Only loans with schedule and payments: in the others nobody knows when money came.
with loan as (

    select * from {{ ref('int_loan') }}
    where balance_source = 'SCHEDULE'

),

parameter as {{ rule_values(ref('rule_behaviour_parameter'), 'parameter_id', {
    'early_days': ['EARLY_DAYS', 'parameter_value'],
}) }},

due as (

    select
        loan.loan_key,
        loan.client_key,
        loan.currency,
        parameter.as_of_month,
        instalments.amount_due,
        instalments.total_due,
        instalments.due_on - cast(parameter.early_days as integer) as early_before
    from {{ ref('int_instalment') }} as instalments
    inner join loan
        on instalments.loan_key = loan.loan_key
        and instalments.due_on <= loan.ended_on
    -- the parameter of the month of the due date; months of the history only
    inner join parameter on last_day(instalments.due_on) = parameter.as_of_month
    where instalments.due_on >= instalments.holds_from
        and instalments.due_on < instalments.holds_to

),

paid_on_day as (

    select
        loan.loan_key,
        payments.value_on,
        sum(payments.signed_amount) as paid
    from {{ ref('stg_payments') }} as payments
    inner join loan on payments.loan_no = loan.loan_no
    group by loan.loan_key, payments.value_on

),

paid_by_day as (

    select
        loan_key,
        value_on,
        cast(sum(paid) over (partition by loan_key order by value_on rows between unbounded preceding and current row) as decimal(18,2)) as total_paid
    from paid_on_day

),

covered as (

    select
        due.loan_key,
        due.client_key,
        due.currency,
        due.as_of_month,
        due.amount_due,
        greatest(least(coalesce(paid_by_day.total_paid, 0) - (due.total_due - due.amount_due), due.amount_due), 0) as paid_early
    from due
    {{ asof_left_join('paid_by_day', 'paid_by_day', ['due.loan_key = paid_by_day.loan_key'], 'due.early_before > paid_by_day.value_on') }}

),

summed as (

    select
        loan_key,
        client_key,
        currency,
        as_of_month,
        cast(sum(amount_due) as decimal(18,2)) as due,
        cast(sum(paid_early) as decimal(18,2)) as paid_early
    from covered
    group by loan_key, client_key, currency, as_of_month

),

priced as (

    select
        summed.*,
        case when summed.currency = '{{ lending_currency() }}' then 1 else fx.rate_end end as rate_end
    from summed
    left join {{ ref('stg_fx_rate') }} as fx
        on summed.currency = fx.currency
        and summed.as_of_month = fx.month_end

)

select
    loan_key,
    client_key,
    as_of_month,
    {{ converted('due', 'rate_end') }} as due_amount,
    {{ converted('paid_early', 'rate_end') }} as paid_early_amount
from priced
