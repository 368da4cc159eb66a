-- The segments of every client as spans: one row from one change to the next.
with spans as (

    select
        client_key,
        axis,
        to_segment,
        as_of_month as valid_from,
        coalesce(lead(as_of_month) over (partition by client_key, axis order by as_of_month), date '9999-12-31') as valid_to,
        from_segment
    from {{ ref('fct_client_segment_change') }}

)

select
    client_key,
    axis,
    to_segment as segment_code,
    valid_from,
    valid_to,
    valid_to = date '9999-12-31' as is_current,
    case when from_segment <> 'ENTRY' then from_segment end as previous_segment
from spans
where to_segment <> 'EXIT'
