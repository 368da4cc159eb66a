-- In which segments is the book concentrated, and how much do ten obligors hold?
select
    axis,
    segment_code,
    exposure_amount,
    book_share,
    top_ten_share,
    obligor_hhi_normalised,
    axis_hhi
from {{ ref('mart_segment_concentration') }}
where as_of_month = (select max(as_of_month) from {{ ref('dim_month') }})
order by book_share desc nulls last, axis asc, segment_code asc
