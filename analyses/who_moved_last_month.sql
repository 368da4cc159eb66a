-- Which clients changed their credit tier at the last month end, and from where?
select
    client_key,
    previous_segment,
    segment_code,
    valid_from
from {{ ref('fct_client_segment_history') }}
where axis = 'CREDIT'
    and previous_segment is not null
    and valid_from = (
        select max(valid_from)
        from {{ ref('fct_client_segment_history') }}
        where axis = 'CREDIT' and previous_segment is not null
    )
order by previous_segment, segment_code, client_key
