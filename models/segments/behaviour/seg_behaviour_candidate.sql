-- The behaviour segment that the decision table gives a client in a month, before it is kept steady (domain.md section
-- 3c). The first rule that is met wins; stay_segments lists the segments that a client who already holds one would
-- keep. The table below names what is compared; the values, their versions and the order of the rules are in the seeds
-- rule_behaviour_condition and rule_segment. tests/invariants compares the two for every row.
{{ monthly_model() }}
{% set rules = [
    ['BEHAVIOUR_INSUFFICIENT_DATA', [
        [['INSUFFICIENT_TENURE', 'tenure_months', '<']],
        [['INSUFFICIENT_BORROWED', 'has_ever_borrowed', '=']],
    ]],
    ['BEHAVIOUR_HIGH_FREQUENCY_STRESSED', [
        [['STRESSED_DRAWS', 'draws_12m', '>=']],
        [
            ['STRESSED_MAX_DPD', 'max_dpd_12m', '>'],
            ['STRESSED_ON_TIME', 'on_time_ratio_12m', '<'],
            ['STRESSED_LENDERS', 'lenders_6m', '>'],
            ['STRESSED_RENEWALS', 'renewal_share_12m', '>'],
        ],
    ]],
    ['BEHAVIOUR_HIGH_FREQUENCY_STABLE', [
        [['STABLE_DRAWS', 'draws_12m', '>=']],
        [['STABLE_ACTIVE_MONTHS', 'active_months_12m', '>=']],
        [['STABLE_LAST_DRAW', 'days_since_last_draw', '<=']],
        [['STABLE_ON_TIME', 'on_time_ratio_12m', '>=']],
        [['STABLE_MAX_DPD', 'max_dpd_12m', '<=']],
        [['STABLE_LENDERS', 'lenders_6m', '<=']],
    ]],
    ['BEHAVIOUR_HIGH_FREQUENCY_OTHER', [
        [['FREQUENT_DRAWS', 'draws_12m', '>=']],
        [['FREQUENT_LAST_DRAW', 'days_since_last_draw', '<=']],
    ]],
    ['BEHAVIOUR_POTENTIAL_QUALITY', [
        [['POTENTIAL_DRAWS', 'draws_12m', '<=']],
        [['POTENTIAL_GROWTH', 'inflow_growth_6m_yoy', '>=']],
        [['POTENTIAL_ONLINE', 'active_days_90d', '>=']],
        [['POTENTIAL_PD', 'pd', '<=']],
        [['POTENTIAL_KNOCK_OUT', 'is_knocked_out', '=']],
        [['POTENTIAL_ELSEWHERE', 'is_non_performing_elsewhere', '=']],
        [['POTENTIAL_CONSENT', 'consents_to_contact', '=']],
    ]],
    ['BEHAVIOUR_OCCASIONAL', [
        [['OCCASIONAL_DRAWS', 'draws_12m', '>=']],
    ]],
    ['BEHAVIOUR_TERM_BORROWER', [
        [['TERM_BALANCE', 'balance_amount', '>']],
    ]],
    ['BEHAVIOUR_DORMANT', [
        [['DORMANT_BORROWED', 'has_ever_borrowed', '=']],
        [['DORMANT_ONLINE', 'active_days_90d', '<']],
        [['DORMANT_DRAWS', 'draws_12m', '=']],
        [['DORMANT_BALANCE', 'balance_amount', '=']],
    ]],
    ['BEHAVIOUR_LAPSED_ACTIVE', [
        [['LAPSED_BORROWED', 'has_ever_borrowed', '=']],
    ]],
    ['BEHAVIOUR_PROSPECT', []],
] -%}
{%- set booleans = ['has_ever_borrowed', 'is_knocked_out', 'is_non_performing_elsewhere', 'consents_to_contact'] -%}
with facts as (

    select
        behaviour.*,
        credit.evidence_pd as pd,
        status.is_knocked_out
    from {{ ref('int_client_behaviour_month') }} as behaviour
    left join {{ ref('seg_credit_candidate') }} as credit
        on behaviour.client_key = credit.client_key
        and behaviour.as_of_month = credit.as_of_month
    left join {{ ref('int_client_credit_status_month') }} as status
        on behaviour.client_key = status.client_key
        and behaviour.as_of_month = status.as_of_month
    where behaviour.as_of_month >= {{ first_rebuilt_month() }}

),

-- the values of the month's rules, one row a month
threshold as {{ condition_values(ref('rule_behaviour_condition'), condition_ids(rules)) }},

rule as {{ rule_values(ref('rule_segment'), 'rule_id', rule_columns(rules, ['rule_order', 'segment_code'])) }},

-- per rule its place when it is met, and its segment when a client who holds it stays
judged as (

    select
        facts.*,
        {% for rule_id, clauses in rules -%}
        case when
        {{ clauses_are_met(clauses, 'enter', booleans) }}
        then rule.{{ rule_id | lower }}_rule_order end as {{ rule_id | lower }}_met,
        case when
        {{ clauses_are_kept(clauses, booleans) }}
        then rule.{{ rule_id | lower }}_segment_code || ',' end as {{ rule_id | lower }}_kept{{ ',' if not loop.last }}
        {% endfor %}
    from facts
    left join threshold on facts.as_of_month = threshold.as_of_month
    left join rule on facts.as_of_month = rule.as_of_month

),

placed as (

    select
        *,
        -- least ignores the rules that are not met
        least(
            {% for rule_id, clauses in rules -%}
            {{ rule_id | lower }}_met{{ ',' if not loop.last }}
            {% endfor -%}
        ) as entry_order,
        {% for rule_id, clauses in rules -%}
        coalesce({{ rule_id | lower }}_kept, ''){{ ' || ' if not loop.last }}
        {%- endfor %} as kept
    from judged

)

select
    placed.client_key,
    placed.as_of_month,
    entered.segment_code as entry_segment,
    placed.entry_order,
    case when placed.kept <> '' then ',' || placed.kept end as stay_segments,
    entered.rule_id,
    entered.rule_version,
    entered.rule_id as reason_code,
    placed.draws_12m as evidence_draws_12m,
    placed.renewals_12m as evidence_renewals_12m,
    placed.renewal_share_12m as evidence_renewal_share_12m,
    placed.active_months_12m as evidence_active_months_12m,
    placed.days_since_last_draw as evidence_days_since_last_draw,
    placed.median_interdraw_days as evidence_median_interdraw_days,
    placed.on_time_ratio_12m as evidence_on_time_ratio_12m,
    placed.max_dpd_12m as evidence_max_dpd_12m,
    placed.early_repay_ratio_12m as evidence_early_repay_ratio_12m,
    placed.lenders_6m as evidence_lenders_6m,
    placed.inquiries_3m as evidence_inquiries_3m,
    placed.is_non_performing_elsewhere as evidence_is_non_performing_elsewhere,
    placed.util_avg_6m as evidence_util_avg_6m,
    placed.active_days_90d as evidence_active_days_90d,
    placed.rate_quotes_90d as evidence_rate_quotes_90d,
    placed.limit_checks_90d as evidence_limit_checks_90d,
    placed.applications_started_90d as evidence_applications_started_90d,
    placed.applications_abandoned_90d as evidence_applications_abandoned_90d,
    placed.documents_uploaded_90d as evidence_documents_uploaded_90d,
    placed.inflow_12m as evidence_inflow_12m,
    placed.flow_months_12m as evidence_flow_months_12m,
    placed.inflow_growth_6m_yoy as evidence_inflow_growth_6m_yoy,
    placed.inflow_cv_12m as evidence_inflow_cv_12m,
    placed.supplier_paid_12m as evidence_supplier_paid_12m,
    placed.tax_paid_12m as evidence_tax_paid_12m,
    placed.payroll_paid_12m as evidence_payroll_paid_12m,
    placed.utility_paid_12m as evidence_utility_paid_12m,
    placed.spending_12m as evidence_spending_12m,
    placed.spending_growth_6m_yoy as evidence_spending_growth_6m_yoy,
    placed.counterparties_12m as evidence_counterparties_12m,
    placed.top_counterparty_share_12m as evidence_top_counterparty_share_12m,
    placed.tenure_months as evidence_tenure_months,
    placed.balance_amount as evidence_balance_amount,
    placed.has_ever_borrowed as evidence_has_ever_borrowed,
    placed.consents_to_contact as evidence_consents_to_contact,
    placed.pd as evidence_pd,
    placed.is_knocked_out as evidence_is_knocked_out
from placed
left join {{ ref('rule_segment') }} as entered
    on placed.entry_order = entered.rule_order
    and entered.axis = 'BEHAVIOUR'
    and placed.as_of_month >= entered.valid_from
    and placed.as_of_month < entered.valid_to
