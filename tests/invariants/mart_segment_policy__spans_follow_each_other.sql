-- Every segment has one policy at any time: spans follow each other without a gap, and the last one is open.
with spans as (

    select
        axis,
        segment_code,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by axis, segment_code order by valid_from) as next_from
    from {{ ref('mart_segment_policy') }}

)

select listed.axis, listed.segment_code, spans.valid_from, spans.valid_to
from {{ ref('ref_segment') }} as listed
left join spans
    on listed.axis = spans.axis
    and listed.segment_code = spans.segment_code
where coalesce(spans.next_from, date '9999-12-31') is distinct from spans.valid_to
