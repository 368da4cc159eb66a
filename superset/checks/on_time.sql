select cast(sum(loans.paid_on_time_amount) as double) / cast(sum(loans.due_amount) as double) as value
from marts.fct_loan_month as loans
where loans.as_of_month = (select max(as_of_month) from marts.dim_month)
