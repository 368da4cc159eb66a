-- The early signs of a default that a borrower shows at a month end, and what they add up to. Grain: client and month end
-- with at least one sign.
{{ monthly_model() }}
select
    client_key,
    as_of_month,
    string_agg(signal_code, ', ' order by weight desc, signal_code asc) as signals,
    cast(count(*) as integer) as signal_count,
    cast(sum(weight) as integer) as score
from {{ ref('int_client_warning_sign_month') }}
where as_of_month >= {{ first_rebuilt_month() }}
group by client_key, as_of_month
