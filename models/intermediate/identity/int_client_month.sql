-- The grid: every client at every month end of the history at which it was known and had not left. Everything monthly
-- hangs on these rows.
select
    spans.client_key,
    months.as_of_month,
    spans.from_month
from {{ ref('int_client_span') }} as spans
inner join {{ ref('int_month') }} as months
    on months.as_of_month >= spans.from_month
    and months.as_of_month < spans.to_month
where not spans.has_left
