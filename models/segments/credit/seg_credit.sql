-- The credit segment of every client and month: the rule's candidate, what the model makes of it after leave
-- thresholds, confirmation and dwell, and what counts after overrides.
{{ monthly_model() }}
{{ stable_segments('CREDIT', ref('seg_credit_candidate'), [
    'evidence_grade',
    'evidence_pd',
    'evidence_rating_scale',
    'evidence_agency',
    'evidence_symbol',
    'evidence_score',
    'evidence_rated_on',
    'evidence_ratings_considered',
    'evidence_knock_out_reason',
    'evidence_knock_out_on',
    'evidence_non_performing_share',
]) }}
