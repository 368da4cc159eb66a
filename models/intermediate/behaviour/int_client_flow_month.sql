-- The money through the accounts of a client in a month, by what it is for (seed rule_account_flow_category, the
-- version valid at the end of that month). Grain: client x month with any flow row; a month that has rows, but none of
-- a kind, had none of that kind. Loan proceeds and transfers between own accounts are no inflow.
{{ monthly_model() }}
with flow as (

    select
        identity.client_key,
        last_day(flows.month_end) as as_of_month,
        flows.amount,
        flows.counterparties,
        flows.top_counterparty_share,
        category.counts_as_inflow,
        category.counts_as_sales,
        category.spending_kind
    from {{ ref('stg_account_flows') }} as flows
    inner join {{ ref('int_client_identity') }} as identity
        on flows.source_system = identity.source_system
        and flows.client_no = identity.client_no
    left join {{ ref('rule_account_flow_category') }} as category
        on flows.category = category.category
        and last_day(flows.month_end) >= category.valid_from
        and last_day(flows.month_end) < category.valid_to
    cross join {{ ref('stg_reporting_window') }} as reporting
    where last_day(flows.month_end) >= {{ first_rebuilt_month() }}
        and last_day(flows.month_end) <= reporting.last_month

)

select
    client_key,
    as_of_month,
    cast(coalesce(sum(amount) filter (where counts_as_inflow), 0) as decimal(18,2)) as inflow_amount,
    {% for kind in ['SUPPLIER', 'TAX', 'PAYROLL', 'UTILITY'] -%}
    cast(coalesce(sum(amount) filter (where spending_kind = '{{ kind }}'), 0) as decimal(18,2)) as {{ kind | lower }}_paid_amount,
    {% endfor -%}
    cast(coalesce(sum(amount) filter (where spending_kind is not null), 0) as decimal(18,2)) as spending_amount,
    -- registrations may share buyers: the largest number is certain, the sum is not
    max(counterparties) filter (where counts_as_sales) as counterparties,
    cast(sum(amount) filter (where counts_as_sales and top_counterparty_share is not null) as decimal(18,2)) as shared_sales_amount,
    cast(sum(cast(amount as decimal(19,2)) * top_counterparty_share) filter (where counts_as_sales) as decimal(28,8)) as top_counterparty_amount
from flow
group by client_key, as_of_month
