-- Which clients owe more than their policy lets them?
select
    client_key,
    credit_segment,
    lifecycle_segment,
    capacity_basis,
    limit_amount,
    exposure_amount,
    headroom_amount,
    limit_rule_id
from {{ ref('mart_client_policy') }}
where headroom_amount < 0
order by headroom_amount, client_key
