-- Which overrides were asked for, and which did not decide and why?
select
    override_no,
    axis,
    segment_code,
    valid_from,
    expires_on,
    outcome,
    ignored_reason,
    months_asked,
    months_applied
from {{ ref('seg_override_review') }}
order by override_no
