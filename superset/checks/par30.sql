select
    cast(sum(case when loans.days_past_due > 30 then loans.outstanding_amount else 0 end) as double)
    / cast(sum(loans.outstanding_amount) as double) as value
from marts.fct_loan_month as loans
where loans.as_of_month = (select max(as_of_month) from marts.dim_month)
