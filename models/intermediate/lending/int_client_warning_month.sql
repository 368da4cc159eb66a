-- The early signs of a default that a borrower shows at a month end, and what they add up to (seed
-- rule_early_warning_signal). Only what was known by the month end. Grain: client and month end with at least one sign.
{%- set features = {
    'par30_share': ratio('exposure.par30_amount', 'exposure.exposure_amount'),
    'is_knocked_out': 'cast(status.is_knocked_out as integer)',
    'is_non_performing_elsewhere': 'cast(bureau.is_non_performing_elsewhere as integer)',
    'on_time_ratio_12m': 'behaviour.on_time_ratio_12m',
    'max_dpd_12m': 'behaviour.max_dpd_12m',
    'lenders_6m': 'bureau.lenders_6m',
    'inquiries_3m': 'bureau.inquiries_3m',
    'util_avg_6m': 'behaviour.util_avg_6m',
    'inflow_growth_6m_yoy': 'behaviour.inflow_growth_6m_yoy',
    'inflow_cv_12m': 'behaviour.inflow_cv_12m',
    'renewal_share_12m': 'behaviour.renewal_share_12m',
    'icr': 'lifecycle.icr',
    'current_ratio': 'lifecycle.current_ratio',
} %}
{{ monthly_model() }}
with borrower as (

    select
        grid.client_key,
        grid.as_of_month,
        {% for feature, source in features.items() -%}
        cast({{ source }} as decimal(28,10)) as feature_{{ feature }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_client_month') }} as grid
    inner join {{ ref('int_client_exposure_month') }} as exposure
        on grid.client_key = exposure.client_key
        and grid.as_of_month = exposure.as_of_month
    left join {{ ref('int_client_credit_status_month') }} as status
        on grid.client_key = status.client_key
        and grid.as_of_month = status.as_of_month
    left join {{ ref('int_client_bureau_month') }} as bureau
        on grid.client_key = bureau.client_key
        and grid.as_of_month = bureau.as_of_month
    left join {{ ref('int_client_behaviour_month') }} as behaviour
        on grid.client_key = behaviour.client_key
        and grid.as_of_month = behaviour.as_of_month
    left join {{ ref('int_client_lifecycle_month') }} as lifecycle
        on grid.client_key = lifecycle.client_key
        and grid.as_of_month = lifecycle.as_of_month
    where grid.as_of_month >= {{ first_rebuilt_month() }}
        and exposure.exposure_amount > 0

),

sign as (

    {% for feature in features -%}
    select
        borrower.client_key,
        borrower.as_of_month,
        rules.signal_code,
        rules.weight
    from borrower
    inner join {{ ref('rule_early_warning_signal') }} as rules
        on borrower.as_of_month >= rules.valid_from
        and borrower.as_of_month < rules.valid_to
    where rules.feature = '{{ feature }}'
        -- what is not known is no sign
        and borrower.feature_{{ feature }} is not null
        and case rules.operator
            when '>=' then borrower.feature_{{ feature }} >= rules.threshold
            when '>' then borrower.feature_{{ feature }} > rules.threshold
            when '<=' then borrower.feature_{{ feature }} <= rules.threshold
            when '<' then borrower.feature_{{ feature }} < rules.threshold
            when '=' then borrower.feature_{{ feature }} = rules.threshold
        end
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    client_key,
    as_of_month,
    string_agg(signal_code, ', ' order by weight desc, signal_code asc) as signals,
    cast(count(*) as integer) as signal_count,
    cast(sum(weight) as integer) as score
from sign
group by client_key, as_of_month
