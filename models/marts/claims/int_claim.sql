-- The claims as they stand at the reporting month, with the figure that the article gives for them where it gives one.
{{ config(schema = 'intermediate') }}
with reporting as (

    select last_month from {{ ref('stg_reporting_window') }}

)

select
    claims.claim_id,
    claims.display_order,
    claims.promise_id,
    claims.promise_en,
    claims.promise_zh,
    claims.axis,
    claims.segment_code,
    claims.reference_segment_code,
    claims.product_code,
    claims.metric_code,
    claims.design,
    claims.unit,
    claims.better,
    claims.effect_scale,
    claims.interval_method,
    claims.effect_margin,
    claims.minimum_observations,
    claims.minimum_clusters,
    claims.minimum_events,
    claims.definition,
    claims.data_used,
    targets.target_value
from {{ ref('rule_claim') }} as claims
inner join reporting
    on claims.valid_from <= reporting.last_month
    and claims.valid_to > reporting.last_month
left join {{ ref('rule_claim_target') }} as targets
    on claims.claim_id = targets.claim_id
    and targets.valid_from <= reporting.last_month
    and targets.valid_to > reporting.last_month
