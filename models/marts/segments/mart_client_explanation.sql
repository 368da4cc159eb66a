-- Why every client stands in its segment of each axis at the last month end: rule and reason in words, what was held
-- back or overridden, and the values that decided.
{% set evidence = {
    'INDUSTRY': [
        'code_system', 'code_edition', 'industry_code', 'section_code', 'sector_base', 'is_hi_tech_code',
        'certificate', 'is_green',
    ],
    'SIZE': [
        'size_basis', 'employees', 'revenue_wan', 'assets_wan', 'statement_period_end', 'sponsor_client_key',
        'is_by_analogy',
    ],
    'CREDIT': [
        'grade', 'pd', 'rating_scale', 'agency', 'symbol', 'score', 'rated_on', 'ratings_considered',
        'knock_out_reason', 'knock_out_on', 'non_performing_share',
    ],
    'LIFECYCLE': [
        'statement_period_end', 'statement_filed_on', 'is_statement_too_old', 'age_months', 'cagr_3y', 'cagr_2y',
        'growth_rate', 'base_employees', 'revenue_cv', 'icr', 'owes_no_interest', 'dscr', 'runway_months',
        'burns_cash', 'has_negative_equity_and_cash_flow', 'net_debt_to_ebitda', 'current_ratio',
        'ocf_to_short_term_debt', 'sector_median_growth', 'required_growth', 'growth_over_required', 'tier',
        'tier_rank', 'is_restricted', 'is_non_performing', 'max_dpd_12m', 'on_time_ratio_when_unrated',
        'is_small_or_micro', 'is_medium_or_large', 'has_growth', 'has_age',
    ],
    'BEHAVIOUR': [
        'draws_12m', 'renewals_12m', 'renewal_share_12m', 'active_months_12m', 'days_since_last_draw',
        'median_interdraw_days', 'on_time_ratio_12m', 'max_dpd_12m', 'early_repay_ratio_12m', 'lenders_6m',
        'inquiries_3m', 'is_non_performing_elsewhere', 'util_avg_6m', 'active_days_90d', 'rate_quotes_90d',
        'limit_checks_90d', 'applications_started_90d', 'applications_abandoned_90d', 'documents_uploaded_90d',
        'inflow_12m', 'flow_months_12m', 'inflow_growth_6m_yoy', 'inflow_cv_12m', 'supplier_paid_12m', 'tax_paid_12m',
        'payroll_paid_12m', 'utility_paid_12m', 'spending_12m', 'spending_growth_6m_yoy', 'counterparties_12m',
        'top_counterparty_share_12m', 'tenure_months', 'balance_amount', 'has_ever_borrowed', 'consents_to_contact',
        'pd', 'is_knocked_out',
    ],
    'PROJECT_TYPE': [
        'project_key', 'role', 'projects', 'type_basis', 'revenue_model', 'phase', 'slotting_score', 'slotting_grade',
        'dscr_minimum', 'dscr_average', 'llcr', 'gearing', 'tenor_years', 'tail_years',
    ],
} %}
{%- set column_prefix = {'size_basis': ''} %}
with last_month as (

    select last_month
    from {{ ref('stg_reporting_window') }}

),

{% for axis, names in evidence.items() -%}
{{ axis | lower }}_row as (

    select
        segments.client_key,
        cast('{{ axis }}' as varchar) as axis,
        segments.as_of_month,
        segments.candidate_segment,
        segments.model_segment,
        segments.final_segment,
        segments.rule_id,
        segments.rule_version,
        segments.reason_code,
        segments.stability_reason,
        segments.pending_segment,
        segments.pending_months,
        segments.dwell_months,
        segments.override_no,
        -- concat_ws leaves NULLs out: the values that are known, then the names of the others
        concat_ws(
            '; '
            {%- for name in names %},
            '{{ name }} = ' || {{ plain_number('segments.' ~ column_prefix.get(name, 'evidence_') ~ name) }}
            {%- endfor %}
        ) as evidence,
        concat_ws(
            '; '
            {%- for name in names %},
            case when segments.{{ column_prefix.get(name, 'evidence_') }}{{ name }} is null then '{{ name }}' end
            {%- endfor %}
        ) as evidence_unknown
    from {{ ref('seg_' ~ axis | lower) }} as segments
    inner join last_month on segments.as_of_month = last_month.last_month

),

{% endfor -%}
held as (

    {% for axis in evidence -%}
    select * from {{ axis | lower }}_row
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    held.client_key,
    held.axis,
    held.as_of_month,
    held.candidate_segment,
    held.model_segment,
    held.final_segment,
    held.rule_id,
    held.rule_version,
    rules.rule_in_words,
    held.reason_code,
    coalesce(reason.in_words, reason_rule.rule_in_words, rules.rule_in_words) as reason_in_words,
    reason.in_words_zh as reason_in_words_zh,
    held.stability_reason,
    stability.in_words as stability_in_words,
    held.candidate_segment <> held.model_segment as is_held_back,
    held.pending_segment,
    held.pending_months,
    held.dwell_months,
    held.model_segment <> held.final_segment as is_overridden,
    held.override_no,
    held.evidence,
    held.evidence_unknown
from held
left join {{ ref('rule_segment') }} as rules
    on held.axis = rules.axis
    and held.candidate_segment = rules.segment_code
    and held.as_of_month >= rules.valid_from
    and held.as_of_month < rules.valid_to
left join {{ ref('rule_segment') }} as reason_rule
    on held.reason_code = reason_rule.rule_id
    and held.as_of_month >= reason_rule.valid_from
    and held.as_of_month < reason_rule.valid_to
left join {{ ref('rule_reason_in_words') }} as reason
    on held.reason_code = reason.reason_code
    and reason.reason_kind = 'REASON'
    and held.as_of_month >= reason.valid_from
    and held.as_of_month < reason.valid_to
left join {{ ref('rule_reason_in_words') }} as stability
    on held.stability_reason = stability.reason_code
    and stability.reason_kind = 'STABILITY'
    and held.as_of_month >= stability.valid_from
    and held.as_of_month < stability.valid_to
