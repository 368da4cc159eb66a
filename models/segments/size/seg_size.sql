-- The size segment of every client and month: the rule's candidate, what the model makes of it after leave
-- thresholds, confirmation and dwell, and what counts after overrides.
{{ monthly_model() }}
{{ stable_segments('SIZE', ref('seg_size_candidate'), [
    'size_basis',
    'evidence_employees',
    'evidence_revenue_wan',
    'evidence_assets_wan',
    'evidence_statement_period_end',
    'evidence_sponsor_client_key',
    'evidence_is_by_analogy',
]) }}
