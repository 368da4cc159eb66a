-- Every segment of every axis, with its names.
select
    axis,
    segment_code,
    name_en,
    name_zh,
    cast(display_order as integer) as display_order,
    definition
from {{ ref('ref_segment') }}
