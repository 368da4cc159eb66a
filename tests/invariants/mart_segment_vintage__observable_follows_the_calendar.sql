-- A month on book is observable when a loan of the last day of the quarter has reached it by the last month.
select
    vintage.axis,
    vintage.segment_code,
    vintage.origination_quarter,
    vintage.months_on_book,
    vintage.is_observable
from {{ ref('mart_segment_vintage') }} as vintage
cross join {{ ref('stg_reporting_window') }} as reporting
where vintage.is_observable is distinct from (
    last_day({{ months_later('vintage.origination_quarter', 'vintage.months_on_book') }}) <= reporting.last_month
)
