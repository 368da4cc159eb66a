-- What fell due on a loan in a month of the history, and in which month it was paid (domain.md section 1f, repayment rate
-- (c)): money covers the instalments in order, what came before the due date counts from the due month on, and what is
-- more than was due covers nothing. Summed over the months up to one, it is what had fallen due and been paid by then, and
-- money that comes later changes no earlier sum. Grain: loan x due month x month in which it fell due or its cover changed.
-- Computed anew in every run: a payment that arrives late belongs to its old month.
with reporting as (

    select first_month, last_month from {{ ref('stg_reporting_window') }}

),

loan as (

    -- without payments nobody knows what was paid of what fell due
    select * from {{ ref('int_loan') }}
    where balance_source = 'SCHEDULE'

),

-- the instalments of a month are covered one after the other, so they are one stretch of the money of their loan
due as (

    select
        loan.loan_key,
        loan.client_key,
        loan.currency,
        {{ days_between('loan.disbursed_on', 'loan.matures_on') }} as term_days,
        instalments.schedule_version,
        last_day(instalments.due_on) as due_month,
        cast(sum(instalments.amount_due) as decimal(18,2)) as due,
        cast(max(instalments.total_due) - sum(instalments.amount_due) as decimal(18,2)) as begins_at,
        cast(max(instalments.total_due) as decimal(18,2)) as ends_at
    from {{ ref('int_instalment') }} as instalments
    inner join loan
        on instalments.loan_key = loan.loan_key
        and instalments.due_on <= loan.last_due_on
    inner join reporting
        on last_day(instalments.due_on) >= reporting.first_month
        and last_day(instalments.due_on) <= reporting.last_month
    where instalments.due_on >= instalments.holds_from
        and instalments.due_on < instalments.holds_to
        and instalments.amount_due > 0
    group by
        loan.loan_key, loan.client_key, loan.currency, {{ days_between('loan.disbursed_on', 'loan.matures_on') }},
        instalments.schedule_version, last_day(instalments.due_on)

),

money as (

    select
        loan.loan_key,
        last_day(payments.value_on) as paid_month,
        cast(sum(payments.signed_amount) as decimal(18,2)) as paid
    from {{ ref('stg_payments') }} as payments
    inner join loan on payments.loan_no = loan.loan_no
    inner join reporting on payments.value_on <= reporting.last_month
    group by loan.loan_key, last_day(payments.value_on)

),

money_to_date as (

    select
        loan_key,
        paid_month,
        cast(sum(paid) over so_far - paid as decimal(18,2)) as paid_before,
        cast(sum(paid) over so_far as decimal(18,2)) as paid_after
    from money
    window so_far as (partition by loan_key order by paid_month rows between unbounded preceding and current row)

),

-- the money of the due month counts wholly in it
fallen_due as (

    select
        due.*,
        coalesce(money_to_date.paid_after, 0) as paid_to_date
    from due
    {{ asof_left_join(
        'money_to_date', 'money_to_date', ['due.loan_key = money_to_date.loan_key'], 'due.due_month >= money_to_date.paid_month'
    ) }}

),

-- only what its own month did not settle looks at later ones, and what a later month takes back
open_due as (

    select *
    from fallen_due
    where paid_to_date < ends_at
        or loan_key in (select loan_key from money where paid < 0)

),

covered as (

    select
        loan_key,
        client_key,
        currency,
        term_days,
        due_month,
        due_month as as_of_month,
        due,
        0 as covered_before,
        greatest(least(paid_to_date - begins_at, due), 0) as covered_after
    from fallen_due

    union all

    select
        open_due.loan_key,
        open_due.client_key,
        open_due.currency,
        open_due.term_days,
        open_due.due_month,
        money_to_date.paid_month as as_of_month,
        0 as due,
        greatest(least(money_to_date.paid_before - open_due.begins_at, open_due.due), 0) as covered_before,
        greatest(least(money_to_date.paid_after - open_due.begins_at, open_due.due), 0) as covered_after
    from open_due
    inner join money_to_date
        on open_due.loan_key = money_to_date.loan_key
        and open_due.due_month < money_to_date.paid_month
        and open_due.ends_at > least(money_to_date.paid_before, money_to_date.paid_after)
        and open_due.begins_at < greatest(money_to_date.paid_before, money_to_date.paid_after)

),

-- at the rate of the due month, whenever it was paid: else a currency would repay more or less than was due
priced as (

    select
        covered.*,
        case when covered.currency = '{{ lending_currency() }}' then 1 else fx.rate_end end as rate_end
    from covered
    left join {{ ref('stg_fx_rate') }} as fx
        on covered.currency = fx.currency
        and covered.due_month = fx.month_end

),

converted as (

    select
        *,
        {{ converted('due', 'rate_end') }} as due_amount,
        {{ converted('covered_after', 'rate_end') }} - {{ converted('covered_before', 'rate_end') }} as repaid_amount
    from priced

)

select
    loan_key,
    client_key,
    due_month,
    as_of_month,
    cast(sum(due_amount) as decimal(18,2)) as due_amount,
    cast(sum(due_amount * term_days) as decimal(28,2)) as due_amount_days,
    cast(sum(repaid_amount) as decimal(18,2)) as repaid_amount
from converted
where due_amount <> 0
    or repaid_amount <> 0
group by loan_key, client_key, due_month, as_of_month
