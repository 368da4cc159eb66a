-- The segments of the clients in the last month, axis by axis, from the fact that joins all of them. One row an axis and
-- segment.
with last_month as (

    select
        segments.credit_segment,
        segments.lifecycle_segment,
        segments.behaviour_segment,
        segments.project_type_segment
    from marts.fct_client_segment_month as segments
    where segments.as_of_month = (select max(months.as_of_month) from marts.dim_month as months)

),

by_axis as (

    unpivot last_month
    on credit_segment, lifecycle_segment, behaviour_segment, project_type_segment
    into name axis value segment_code

)

select
    upper(replace(by_axis.axis, '_segment', '')) as axis,
    by_axis.segment_code,
    count(*) as clients
from by_axis
group by by_axis.axis, by_axis.segment_code
order by axis asc, clients desc, segment_code asc
