-- Issues that no row shows by itself, only several rows or tables together. The rows stay; what uses them reads the
-- issue here (domain.md section 5b).
with payment as (

    select loan_no, value_on, amount, payment_no, reverses_payment_no, signed_amount
    from {{ ref('stg_payments') }}

),

reversed as (

    select distinct reverses_payment_no as payment_no
    from payment
    where reverses_payment_no is not null

),

-- the same payment twice under two numbers, neither of them taken back
repeated_payment as (

    select loan_no, value_on, amount, min(payment_no) as first_payment_no
    from payment
    where reverses_payment_no is null
        and payment_no not in (select payment_no from reversed)
    group by loan_no, value_on, amount
    having count(*) > 1

),

paid as (

    select loan_no, sum(signed_amount) as paid
    from payment
    group by loan_no

),

-- of the newest version of each schedule
scheduled as (

    select loan_no, sum(principal_due + interest_due) as due
    from (
        select
            loan_no,
            principal_due,
            interest_due,
            schedule_version = max(schedule_version) over (partition by loan_no) as is_newest
        from {{ ref('stg_repayment_schedules') }}
    )
    where is_newest
    group by loan_no

),

loan as (

    select * from {{ ref('stg_loans') }}

),

limits as (

    select * from {{ ref('rule_quality_limit') }} where valid_to = date '9999-12-31'

),

overpaid as (

    select paid.loan_no
    from paid
    inner join scheduled on paid.loan_no = scheduled.loan_no
    cross join limits
    where scheduled.due > 0 and cast(paid.paid as double) > cast(scheduled.due as double) * (1 + cast(limits.overpaid_share as double))

),

-- settled, says the source, and yet the money received is short of the principal
settled_short as (

    select loan.loan_no
    from loan
    inner join paid on loan.loan_no = paid.loan_no
    cross join limits
    where loan.status = 'SETTLED' and cast(paid.paid as double) < cast(loan.principal as double) * (1 - cast(limits.settled_short_share as double))

    union

    -- or the source itself still shows a balance after the day
    select loan.loan_no
    from loan
    inner join {{ ref('stg_loan_month_ends') }} as balance
        on loan.loan_no = balance.loan_no
        and loan.closed_on < balance.month_end
    cross join limits
    where loan.status = 'SETTLED' and cast(balance.outstanding_principal as double) > cast(loan.principal as double) * cast(limits.settled_short_share as double)

),

-- a loan settled and one of the same amount drawn on the same day, not declared as a renewal
evergreen as (

    select distinct fresh.loan_no
    from loan as fresh
    inner join loan as old
        on fresh.source_system = old.source_system
        and fresh.client_no = old.client_no
        and fresh.disbursed_on = old.closed_on
        and fresh.principal = old.principal
        and fresh.loan_no <> old.loan_no
    where fresh.renewed_from_loan_no is null

),

overpledged as (

    select collateral_no
    from {{ ref('stg_collateral_allocations') }}
    group by collateral_no
    having sum(allocated_share) > 1

),

stale_valuation as (

    select collaterals.collateral_no, max(collaterals.valued_on) as valued_on
    from {{ ref('stg_collaterals') }} as collaterals
    cross join {{ ref('stg_reporting_window') }} as reporting
    cross join limits
    group by collaterals.collateral_no, reporting.as_of_date, limits.valuation_months
    having {{ months_later('max(collaterals.valued_on)', 'limits.valuation_months') }} < reporting.as_of_date

),

robot as (

    select source_system, client_no, cast(occurred_at as date) as occurred_on
    from {{ ref('stg_digital_events') }}
    cross join limits
    where client_no is not null
    group by source_system, client_no, cast(occurred_at as date), limits.events_per_day
    having count(*) > limits.events_per_day

)

select 'payments' as table_name, payment.payment_no as row_key, 'S_DUP_PAYMENT' as reason_code, 'payment_no' as column_name
from payment
inner join repeated_payment
    on payment.loan_no = repeated_payment.loan_no
    and payment.value_on = repeated_payment.value_on
    and payment.amount = repeated_payment.amount
where payment.reverses_payment_no is null
    and payment.payment_no not in (select payment_no from reversed)
    and payment.payment_no <> repeated_payment.first_payment_no

union all

select 'loans', loan_no, 'S_OVERPAID', 'loan_no' from overpaid

union all

select 'loans', loan_no, 'S_STATUS', 'status' from settled_short

union all

select 'loans', loan_no, 'S_EVERGREEN', 'loan_no' from evergreen

union all

select 'collateral_allocations', allocations.collateral_no || '|' || allocations.loan_no, 'S_COLL', 'allocated_share'
from {{ ref('stg_collateral_allocations') }} as allocations
inner join overpledged on allocations.collateral_no = overpledged.collateral_no

union all

select 'collaterals', collateral_no || '|' || cast(valued_on as varchar), 'S_COLL', 'valued_on' from stale_valuation

union all

select 'digital_events', events.event_no, 'S_BOT', 'occurred_at'
from {{ ref('stg_digital_events') }} as events
inner join robot
    on events.source_system = robot.source_system
    and events.client_no = robot.client_no
    and cast(events.occurred_at as date) = robot.occurred_on
