-- The industry segment of every client and month: the rule's candidate, what the model makes of it after leave
-- thresholds, confirmation and dwell, and what counts after overrides.
{{ monthly_model() }}
{{ stable_segments('INDUSTRY', ref('seg_industry_candidate'), [
    'evidence_code_system',
    'evidence_code_edition',
    'evidence_industry_code',
    'evidence_section_code',
    'evidence_sector_base',
    'evidence_is_hi_tech_code',
    'evidence_certificate',
    'evidence_is_green',
]) }}
