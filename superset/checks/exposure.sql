select cast(sum(loans.outstanding_amount) as double) / 1000000 as value
from marts.fct_loan_month as loans
where loans.as_of_month = (select max(as_of_month) from marts.dim_month)
