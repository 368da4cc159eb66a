-- Do loans to technology clients go bad sooner than those of other sectors, by quarter of origination?
select
    segment_code,
    origination_quarter,
    months_on_book,
    loans,
    ever_30_loans,
    ever_30_rate,
    ever_90_rate,
    is_suppressed
from {{ ref('mart_segment_vintage') }}
where axis = 'INDUSTRY'
    and segment_code in ('TECHNOLOGY', 'MANUFACTURING', 'SERVICES')
    and is_observable
    and months_on_book in (3, 6, 12)
order by segment_code, origination_quarter, months_on_book
