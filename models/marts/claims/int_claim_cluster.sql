-- All claims in one form: numerators and denominators of each side and period, by what varies independently (clients,
-- branches, months or sectors). Everything behind this model is the same for every claim.
{{ config(schema = 'intermediate') }}
{% set blocks = [
    'int_claim_application', 'int_claim_client', 'int_claim_default', 'int_claim_repayment', 'int_claim_product', 'int_claim_market',
    'int_claim_rate_sensitivity',
] -%}
{% for block in blocks -%}
select
    claim_id,
    arm,
    period,
    cluster_key,
    window_from,
    window_to,
    observations,
    numerator,
    denominator
from {{ ref(block) }}
{{ 'union all' if not loop.last }}
{% endfor %}
