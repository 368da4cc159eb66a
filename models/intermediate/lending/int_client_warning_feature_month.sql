-- What the early-warning signals look at: figures of a borrower at a month end, of what was known by then. NULL is not known.
{%- set sources = {
    'par30_share': ratio('exposure.par30_amount', 'exposure.exposure_amount'),
    'is_knocked_out': 'cast(status.is_knocked_out as integer)',
    'is_non_performing_elsewhere': 'cast(bureau.is_non_performing_elsewhere as integer)',
    'lenders_6m': 'bureau.lenders_6m',
    'inquiries_3m': 'bureau.inquiries_3m',
    'icr': 'lifecycle.icr',
    'current_ratio': 'lifecycle.current_ratio',
} %}
{{ monthly_model() }}
select
    grid.client_key,
    grid.as_of_month,
    {% for feature in warning_features() -%}
    cast({{ sources.get(feature, 'behaviour.' ~ feature) }} as decimal(28,10)) as feature_{{ feature }}{{ ',' if not loop.last }}
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
