select
    claims.promise_en,
    claims.promise_zh,
    claims.metric_code,
    claims.subject_value,
    claims.reference_value,
    claims.effect_lower,
    claims.effect_upper,
    claims.verdict
from marts.mart_claims as claims
where claims.claim_id in (select evidence.claim_id from marts.mart_claim_evidence as evidence)
