-- Control totals of the two statements as they stand in the warehouse: every delivered row, also the superseded ones.
-- One row a statement. The amounts are those of the raw files to the cent.
select
    cast(extracted_at as date) as stated_on,
    count(*) as agreements,
    sum(limit_amount) as principal,
    sum(x_cancelled_amount) as cancelled,
    sum(x_undisbursed_amount) as undisbursed,
    sum(x_disbursed_amount) as disbursed,
    sum(x_repaid_amount) as repaid,
    sum(x_obligation_amount) as obligation
from staging.base_facilities
group by stated_on
order by stated_on
