-- At the last month end the balance of a loan is its principal less what its money has repaid, walked here instalment by
-- instalment: in the order of due dates, interest before principal. Loans in the lender's currency that are still on the
-- books. A shortfall that rule_days_past_due tolerates may be read as owed or as repaid: up to that amount per
-- instalment, and once for the principal, the two may differ.
with month_end as (

    select months.*
    from {{ ref('fct_loan_month') }} as months
    inner join {{ ref('stg_reporting_window') }} as reporting
        on months.as_of_month = reporting.last_month
    where months.balance_source = 'SCHEDULE'
        and months.currency = '{{ lending_currency() }}'
        and months.loan_state in ('LIVE', 'REPAID')

),

paid as (

    select month_end.loan_key, sum(payments.signed_amount) as paid_amount
    from month_end
    inner join {{ ref('stg_payments') }} as payments
        on month_end.loan_no = payments.loan_no
        and month_end.as_of_month >= payments.value_on
    group by month_end.loan_key

),

walked as (

    select
        month_end.loan_key,
        instalments.interest_due,
        instalments.principal_due,
        instalments.tolerated_amount,
        greatest(coalesce(paid.paid_amount, 0), 0) - (sum(instalments.principal_due + instalments.interest_due) over (
            partition by month_end.loan_key order by instalments.due_on, instalments.instalment_no
            rows between unbounded preceding and current row
        ) - instalments.principal_due - instalments.interest_due) as money_left
    from month_end
    inner join {{ ref('int_instalment') }} as instalments
        on month_end.loan_key = instalments.loan_key
        and month_end.as_of_month >= instalments.holds_from
        and month_end.as_of_month < instalments.holds_to
    left join paid
        on month_end.loan_key = paid.loan_key

),

repaid as (

    select
        loan_key,
        sum(greatest(least(money_left - interest_due, principal_due), 0)) as repaid_amount,
        sum(tolerated_amount) as tolerated_amount
    from walked
    group by loan_key

)

select month_end.loan_key, month_end.outstanding_amount, loans.principal, repaid.repaid_amount, repaid.tolerated_amount
from month_end
inner join {{ ref('int_loan') }} as loans
    on month_end.loan_key = loans.loan_key
inner join {{ ref('rule_days_past_due') }} as tolerance
    on month_end.as_of_month >= tolerance.valid_from
    and month_end.as_of_month < tolerance.valid_to
left join repaid
    on month_end.loan_key = repaid.loan_key
where abs(month_end.outstanding_amount - greatest(loans.principal - coalesce(repaid.repaid_amount, 0), 0))
    > coalesce(repaid.tolerated_amount, 0) + greatest(tolerance.tolerance_amount, tolerance.tolerance_share * loans.principal)
