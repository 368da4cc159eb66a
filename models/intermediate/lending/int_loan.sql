-- One row per accepted loan with its client, its life and where its balances come from. A cancelled drawdown never was
-- a loan.
with scheduled as (

    select loan_no, count(*) as instalments
    from {{ ref('stg_repayment_schedules') }}
    group by loan_no

),

-- systems that deliver payments: in the others a loan without payments is not one that nobody pays
paying_system as (

    select distinct loans.source_system
    from {{ ref('stg_payments') }} as payments
    inner join {{ ref('stg_loans') }} as loans
        on payments.loan_no = loans.loan_no

),

balanced as (

    select loan_no, count(*) as month_ends
    from {{ ref('stg_loan_month_ends') }}
    group by loan_no

)

select
    {{ key_of(['loans.loan_no']) }} as loan_key,
    loans.loan_no,
    identity.client_key,
    loans.facility_no,
    loans.application_no,
    loans.project_no,
    loans.product_code,
    coalesce(loans.currency, '{{ lending_currency() }}') as currency,
    loans.principal,
    loans.principal_amount,
    loans.disbursed_on,
    loans.matures_on,
    loans.rate,
    loans.repayment_method,
    loans.security_type,
    loans.renewed_from_loan_no,
    loans.restructured_on,
    loans.closed_on,
    loans.written_off_on,
    loans.written_off_amount,
    -- the day the balance left the book
    least(coalesce(loans.closed_on, date '9999-12-31'), coalesce(loans.written_off_on, date '9999-12-31')) as ended_on,
    -- an instalment of the month in which the loan was paid off falls due in it as well: who pays the last one a few days
    -- ahead has paid it on time, as who pays it late has not
    least(coalesce(last_day(loans.closed_on), date '9999-12-31'), coalesce(loans.written_off_on, date '9999-12-31')) as last_due_on,
    -- schedules and payments win where both exist (contract, loan_month_ends)
    case
        when scheduled.instalments is not null and (paying_system.source_system is not null or balanced.month_ends is null) then 'SCHEDULE'
        when balanced.month_ends is not null then 'MONTH_ENDS'
        else 'PRINCIPAL_ONLY'
    end as balance_source
from {{ ref('stg_loans') }} as loans
inner join {{ ref('int_client_identity') }} as identity
    on loans.source_system = identity.source_system
    and loans.client_no = identity.client_no
left join scheduled on loans.loan_no = scheduled.loan_no
left join paying_system on loans.source_system = paying_system.source_system
left join balanced on loans.loan_no = balanced.loan_no
where loans.status is distinct from 'CANCELLED'
