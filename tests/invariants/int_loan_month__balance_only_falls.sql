-- In its own currency a loan with a schedule never owes more than its principal, and nothing after its end.
select months.loan_key, months.as_of_month, months.outstanding_amount, loans.principal_amount
from {{ ref('int_loan_month') }} as months
inner join {{ ref('int_loan') }} as loans
    on months.loan_key = loans.loan_key
where months.outstanding_amount < 0
    or (months.currency = '{{ lending_currency() }}' and months.outstanding_amount > loans.principal and months.balance_source <> 'MONTH_ENDS')
    or (months.as_of_month >= loans.ended_on and months.outstanding_amount <> 0)
