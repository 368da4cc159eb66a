select
    row_number() over (order by claims.display_order) * 10 as display_order,
    claims.promise_en,
    claims.promise_zh,
    claims.metric_code,
    claims.segment_code,
    claims.subject_value,
    claims.reference_value,
    claims.effect_value,
    claims.effect_lower,
    claims.effect_upper,
    claims.verdict,
    claims.verdict_reason
from marts.mart_claims as claims
