{#- The features that an early-warning signal may look at: columns feature_<name> of int_client_warning_feature_month and the
    names that contract/rule_contract.yml allows in rule_early_warning_signal. -#}
{% macro warning_features() -%}
    {{- return([
        'par30_share', 'is_knocked_out', 'is_non_performing_elsewhere', 'on_time_ratio_12m', 'max_dpd_12m', 'lenders_6m',
        'inquiries_3m', 'util_avg_6m', 'inflow_growth_6m_yoy', 'inflow_cv_12m', 'renewal_share_12m', 'icr', 'current_ratio',
    ]) -}}
{%- endmacro %}
