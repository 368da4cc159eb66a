-- Which policy holds for a client, and which rule bound each lever? Var client_key; the client with the greatest exposure without it.
{%- set client_key = var('client_key', none) %}
select
    client_key,
    credit_segment,
    limit_amount,
    limit_rule_id,
    exposure_amount,
    headroom_amount,
    collateral_coverage_min,
    collateral_coverage_rule_id,
    approval_track,
    approval_track_rule_id,
    monitoring_interval_months,
    monitoring_rule_id,
    best_product_code,
    indicative_rate,
    spread_rule_id,
    applied_rule_ids
from {{ ref('mart_client_policy') }}
{% if client_key -%}
where client_key = {{ client_key }}
{% endif -%}
order by exposure_amount desc nulls last, client_key asc
limit 1
