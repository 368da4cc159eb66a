-- Loans that owe 500 dollars or more after their last repayment date, at the two statements: days past due here are a lower bound.
-- One row a month end and country.
select
    months.as_of_month,
    facilities.x_country as country,
    count(*) as loans,
    sum(months.outstanding_amount) as owed,
    min(months.days_past_due) as least_days,
    max(months.days_past_due) as most_days
from marts.fct_loan_month as months
inner join staging.stg_loan_month_ends as balances
    on months.loan_no = balances.loan_no
    and months.as_of_month = balances.month_end
inner join staging.stg_facilities as facilities on months.loan_no = facilities.facility_no
where balances.days_past_due is not null
group by months.as_of_month, facilities.x_country
order by months.as_of_month asc, owed desc, country asc
