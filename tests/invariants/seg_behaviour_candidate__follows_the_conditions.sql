-- Every row of the built table again, from the seed alone: the first rule that is met and the segments to stay in are
-- those that the model wrote.
{% set features = [
    'draws_12m', 'renewals_12m', 'renewal_share_12m', 'active_months_12m', 'days_since_last_draw', 'median_interdraw_days',
    'on_time_ratio_12m', 'max_dpd_12m', 'early_repay_ratio_12m', 'lenders_6m', 'inquiries_3m', 'is_non_performing_elsewhere',
    'util_avg_6m', 'active_days_90d', 'rate_quotes_90d', 'limit_checks_90d', 'applications_started_90d',
    'applications_abandoned_90d', 'documents_uploaded_90d', 'inflow_12m', 'flow_months_12m', 'inflow_growth_6m_yoy',
    'inflow_cv_12m', 'supplier_paid_12m', 'tax_paid_12m', 'payroll_paid_12m', 'utility_paid_12m', 'spending_12m',
    'spending_growth_6m_yoy', 'counterparties_12m', 'top_counterparty_share_12m', 'tenure_months', 'balance_amount',
    'has_ever_borrowed', 'consents_to_contact', 'pd', 'is_knocked_out',
] -%}
{{ candidate_disagrees_with_conditions('BEHAVIOUR', ref('seg_behaviour_candidate'), ref('rule_behaviour_condition'), features) }}
