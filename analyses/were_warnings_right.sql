-- How often was a warning followed by a default, and how many days ahead was it?
select
    cast(count(*) as bigint) as warnings,
    cast(count(*) filter (where has_defaulted) as bigint) as defaulted,
    {{ ratio('count(*) filter (where has_defaulted)', 'count(*)') }} as precision_rate,
    cast(median(lead_days) filter (where has_defaulted) as decimal(18,4)) as median_lead_days
from {{ ref('mart_early_warning') }}
where is_new
    and is_mature
