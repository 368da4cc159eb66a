-- The loan prime rate as spans: from one publication to the next (domain.md section 1g: an as-of join, not month
-- equality).
select
    tenor,
    published_on as valid_from,
    coalesce(lead(published_on) over (partition by tenor order by published_on), date '9999-12-31') as valid_to,
    rate
from {{ ref('ref_lpr') }}
