-- Every row of the built table again, from the seed alone: the first rule that is met and the segments to stay in are
-- those that the model wrote.
{% set features = [
    'age_months', 'cagr_3y', 'cagr_2y', 'growth_rate', 'base_employees', 'revenue_cv', 'icr', 'owes_no_interest', 'dscr',
    'runway_months', 'burns_cash', 'has_negative_equity_and_cash_flow', 'net_debt_to_ebitda', 'current_ratio',
    'ocf_to_short_term_debt', 'sector_median_growth', 'required_growth', 'growth_over_required', 'tier_rank',
    'is_restricted', 'is_non_performing', 'max_dpd_12m', 'on_time_ratio_when_unrated', 'is_small_or_micro',
    'is_medium_or_large', 'has_growth', 'has_age',
] -%}
{{ candidate_disagrees_with_conditions('LIFECYCLE', ref('seg_lifecycle_candidate'), ref('rule_lifecycle_condition'), features) }}
