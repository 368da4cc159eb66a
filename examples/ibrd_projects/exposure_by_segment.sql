-- What the clients of a segment owe at the first and the last month end, on the axes that the data can tell apart. The
-- segment is that of the month itself. One row an axis, segment and month end.
with owed as (

    select
        loans.client_key,
        loans.as_of_month,
        sum(loans.outstanding_amount) as owed_amount
    from marts.fct_loan_month as loans
    group by loans.client_key, loans.as_of_month

),

stated_months as (

    select min(as_of_month) as as_of_month
    from marts.fct_client_segment_month
    union all
    select max(as_of_month) as as_of_month
    from marts.fct_client_segment_month

),

by_axis as (

    unpivot (
        select
            segments.client_key,
            segments.as_of_month,
            segments.project_type_segment as "PROJECT_TYPE",
            segments.behaviour_segment as "BEHAVIOUR",
            segments.credit_segment as "CREDIT"
        from marts.fct_client_segment_month as segments
        inner join stated_months on segments.as_of_month = stated_months.as_of_month
    )
    on "PROJECT_TYPE", "BEHAVIOUR", "CREDIT"
    into name axis value segment_code

)

select
    by_axis.axis,
    by_axis.segment_code,
    by_axis.as_of_month,
    count(*) as clients,
    count(*) filter (where owed.owed_amount > 0) as clients_owing,
    sum(coalesce(owed.owed_amount, 0)) as owed_amount
from by_axis
left join owed
    on by_axis.client_key = owed.client_key
    and by_axis.as_of_month = owed.as_of_month
group by by_axis.axis, by_axis.segment_code, by_axis.as_of_month
order by by_axis.axis asc, by_axis.as_of_month asc, owed_amount desc, by_axis.segment_code asc
