-- What of the instalments of a loan that fell due in a month had been paid more than some days (parameter EARLY_DAYS)
-- before it was due; money covers instalments in order, as in int_instalment_outcome. Grain: loan x month in which
-- something fell due, from eleven months before the history on: its first months look back a whole year. Only loans with
-- schedule and payments: in the others nobody knows when money came.
{{ monthly_model() }}
with loan as (

    select * from {{ ref('int_loan') }}
    where balance_source = 'SCHEDULE'

),

parameter as (

    select parameter_value as early_days, valid_from, valid_to
    from {{ ref('rule_behaviour_parameter') }}
    where parameter_id = 'EARLY_DAYS'

),

due as (

    select
        loan.loan_key,
        loan.client_key,
        loan.currency,
        last_day(instalments.due_on) as as_of_month,
        instalments.amount_due,
        instalments.total_due,
        instalments.due_on - cast(parameter.early_days as integer) as early_before
    from {{ ref('int_instalment') }} as instalments
    inner join loan
        on instalments.loan_key = loan.loan_key
        and instalments.due_on <= loan.last_due_on
    -- the parameter of the month of the due date
    inner join parameter
        on last_day(instalments.due_on) >= parameter.valid_from
        and last_day(instalments.due_on) < parameter.valid_to
    cross join {{ ref('stg_reporting_window') }} as reporting
    where instalments.due_on >= instalments.holds_from
        and instalments.due_on < instalments.holds_to
        and last_day(instalments.due_on) >= last_day({{ months_later('reporting.first_month', -11) }})
        and last_day(instalments.due_on) <= reporting.last_month
        and last_day(instalments.due_on) >= {{ first_rebuilt_month() }}

),

-- payments and instalments of a loan on one line of time: money of the day itself comes too late, so an instalment
-- stands before the payments of its day. One window; DuckDB may plan an ASOF join on this left side as a nested loop.
line as (

    select loan_key, currency, client_key, as_of_month, early_before as stands_on, 0 as stands_after, amount_due, total_due, 0 as paid
    from due

    union all

    select loan.loan_key, loan.currency, loan.client_key, null, payments.value_on, 1, null, null, payments.signed_amount
    from {{ ref('stg_payments') }} as payments
    inner join loan on payments.loan_no = loan.loan_no
    where loan.loan_key in (select loan_key from due)

),

covered as (

    select
        loan_key,
        client_key,
        currency,
        as_of_month,
        amount_due,
        total_due,
        cast(sum(paid) over (
            partition by loan_key order by stands_on, stands_after range between unbounded preceding and current row
        ) as decimal(18,2)) as total_paid
    from line

),

summed as (

    select
        loan_key,
        client_key,
        currency,
        as_of_month,
        cast(sum(amount_due) as decimal(18,2)) as due,
        cast(sum(greatest(least(total_paid - (total_due - amount_due), amount_due), 0)) as decimal(18,2)) as paid_early
    from covered
    where as_of_month is not null
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
