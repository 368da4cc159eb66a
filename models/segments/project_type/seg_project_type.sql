-- The project type segment of every client and month: the rule's candidate, what the model makes of it after leave
-- thresholds, confirmation and dwell, and what counts after overrides.
{{ monthly_model() }}
{{ stable_segments('PROJECT_TYPE', ref('seg_project_type_candidate'), [
    'evidence_project_key',
    'evidence_role',
    'evidence_projects',
    'evidence_type_basis',
    'evidence_revenue_model',
    'evidence_phase',
    'evidence_slotting_score',
    'evidence_slotting_grade',
    'evidence_dscr_minimum',
    'evidence_dscr_average',
    'evidence_llcr',
    'evidence_gearing',
    'evidence_tenor_years',
    'evidence_tail_years',
]) }}
