-- What is known about the behaviour of every client at every month end, side by side. No rule and no threshold: the
-- decision table reads these columns (seed rule_behaviour_condition). NULL is not known; zero is known to be none.
{{ monthly_model() }}
with delivery as (

    select cast(min(occurred_at) as date) as first_event_on
    from {{ ref('stg_digital_events') }}

)

select
    grid.client_key,
    grid.as_of_month,
    coalesce(draws.draws_12m, 0) as draws_12m,
    coalesce(draws.renewals_12m, 0) as renewals_12m,
    draws.renewal_share_12m,
    coalesce(draws.active_months_12m, 0) as active_months_12m,
    cast({{ days_between('draw_span.last_drawn_on', 'grid.as_of_month') }} as integer) as days_since_last_draw,
    draws.median_interdraw_days,
    repayment.on_time_ratio_12m,
    repayment.max_dpd_12m,
    repayment.early_repay_ratio_12m,
    bureau.lenders_6m,
    bureau.inquiries_3m,
    bureau.is_non_performing_elsewhere,
    utilisation.util_avg_6m,
    {% for column in [
        'active_days_90d', 'rate_quotes_90d', 'limit_checks_90d', 'applications_started_90d', 'applications_abandoned_90d',
        'documents_uploaded_90d',
    ] -%}
    -- nobody online is none only since online events have been delivered at all
    coalesce(online.{{ column }}, case when delivery.first_event_on <= grid.as_of_month then 0 end) as {{ column }},
    {% endfor -%}
    flows.inflow_12m,
    coalesce(flows.flow_months_12m, 0) as flow_months_12m,
    flows.inflow_growth_6m_yoy,
    flows.inflow_cv_12m,
    flows.supplier_paid_12m,
    flows.tax_paid_12m,
    flows.payroll_paid_12m,
    flows.utility_paid_12m,
    flows.spending_12m,
    flows.spending_growth_6m_yoy,
    flows.counterparties_12m,
    flows.top_counterparty_share_12m,
    cast(
        {{ month_number('grid.as_of_month') }} - {{ month_number('coalesce(spans.relationship_started_on, spans.known_since)') }} as integer
    ) as tenure_months,
    cast(coalesce(exposure.exposure_amount, 0) as decimal(18,2)) as balance_amount,
    draw_span.client_key is not null as has_ever_borrowed,
    spans.consent_marketing as consents_to_contact
from {{ ref('int_client_month') }} as grid
cross join delivery
left join {{ ref('int_client_span') }} as spans
    on grid.client_key = spans.client_key
    and grid.from_month = spans.from_month
left join {{ ref('int_client_draw_month') }} as draws
    on grid.client_key = draws.client_key
    and grid.as_of_month = draws.as_of_month
left join {{ ref('int_client_draw_span') }} as draw_span
    on grid.client_key = draw_span.client_key
    and grid.as_of_month >= draw_span.from_month
    and grid.as_of_month < draw_span.to_month
left join {{ ref('int_client_repayment_window') }} as repayment
    on grid.client_key = repayment.client_key
    and grid.as_of_month = repayment.as_of_month
left join {{ ref('int_client_bureau_month') }} as bureau
    on grid.client_key = bureau.client_key
    and grid.as_of_month = bureau.as_of_month
left join {{ ref('int_client_utilisation_window') }} as utilisation
    on grid.client_key = utilisation.client_key
    and grid.as_of_month = utilisation.as_of_month
left join {{ ref('int_client_online_month') }} as online
    on grid.client_key = online.client_key
    and grid.as_of_month = online.as_of_month
left join {{ ref('int_client_flow_window') }} as flows
    on grid.client_key = flows.client_key
    and grid.as_of_month = flows.as_of_month
left join {{ ref('int_client_exposure_month') }} as exposure
    on grid.client_key = exposure.client_key
    and grid.as_of_month = exposure.as_of_month
where grid.as_of_month >= {{ first_rebuilt_month() }}
