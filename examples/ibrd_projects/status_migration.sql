-- The status of every agreement in the two statements. One row a pair; NULL: the statement does not have it.
with facility as (

    select facility_no, cast(extracted_at as date) as stated_on, x_loan_status, x_obligation_amount
    from staging.base_facilities

),

statements as (

    select min(stated_on) as first_on, max(stated_on) as last_on
    from facility

),

earlier as (

    select facility.* from facility inner join statements on facility.stated_on = statements.first_on

),

later as (

    select facility.* from facility inner join statements on facility.stated_on = statements.last_on

)

select
    earlier.x_loan_status as status_first,
    later.x_loan_status as status_last,
    count(*) as agreements,
    cast(sum(earlier.x_obligation_amount) as decimal(18,2)) as owed_first,
    cast(sum(later.x_obligation_amount) as decimal(18,2)) as owed_last
from earlier
full join later on earlier.facility_no = later.facility_no
group by status_first, status_last
order by agreements desc, status_first asc nulls last, status_last asc nulls last
