-- Income and spending of a client over the twelve months to each month end of the grid, against the year before, and
-- how even they are. Growth and evenness need every month of their windows: a missing month is no month without income.
{{ monthly_model() }}
with fact as (

    select *
    from {{ ref('int_client_flow_month') }}
    -- the base of the growth begins 17 months before
    where as_of_month >= last_day({{ months_later(first_rebuilt_month(), -17) }})

),

-- the months asked for and the months with facts: a client may have had an account before it stood in the grid
timeline as (

    select
        coalesce(grid.client_key, fact.client_key) as client_key,
        coalesce(grid.as_of_month, fact.as_of_month) as as_of_month,
        {{ month_number('coalesce(grid.as_of_month, fact.as_of_month)') }} as month_number,
        grid.client_key is not null as is_asked,
        fact.inflow_amount,
        fact.supplier_paid_amount,
        fact.tax_paid_amount,
        fact.payroll_paid_amount,
        fact.utility_paid_amount,
        fact.spending_amount,
        fact.counterparties,
        fact.shared_sales_amount,
        fact.top_counterparty_amount
    from (
        select client_key, as_of_month
        from {{ ref('int_client_month') }}
        where as_of_month >= {{ first_rebuilt_month() }}
    ) as grid
    full join fact
        on grid.client_key = fact.client_key
        and grid.as_of_month = fact.as_of_month

),

summed as (

    select
        client_key,
        as_of_month,
        is_asked,
        count(inflow_amount) over of_year as flow_months,
        sum(inflow_amount) over of_year as inflow,
        -- one factor is widened: a product of two decimals of 18 digits overflows on DuckDB
        sum(cast(inflow_amount as decimal(19,2)) * inflow_amount) over of_year as squared_inflow,
        {% for kind in ['supplier', 'tax', 'payroll', 'utility'] -%}
        sum({{ kind }}_paid_amount) over of_year as {{ kind }}_paid,
        {% endfor -%}
        sum(spending_amount) over of_year as spending,
        max(counterparties) over of_year as counterparties,
        sum(shared_sales_amount) over of_year as shared_sales,
        sum(top_counterparty_amount) over of_year as top_counterparty,
        count(inflow_amount) over of_half_year as half_year_months,
        sum(inflow_amount) over of_half_year as half_year_inflow,
        sum(spending_amount) over of_half_year as half_year_spending,
        count(inflow_amount) over of_base as base_months,
        sum(inflow_amount) over of_base as base_inflow,
        sum(spending_amount) over of_base as base_spending
    from timeline
    window
        of_year as (partition by client_key order by month_number range between 11 preceding and current row),
        of_half_year as (partition by client_key order by month_number range between 5 preceding and current row),
        of_base as (partition by client_key order by month_number range between 17 preceding and 12 preceding)

)

select
    client_key,
    as_of_month,
    cast(flow_months as integer) as flow_months_12m,
    cast(inflow as decimal(18,2)) as inflow_12m,
    {% for kind in ['inflow', 'spending'] -%}
    case
        when half_year_months = 6 and base_months = 6 and base_{{ kind }} > 0
            then cast(cast(half_year_{{ kind }} as double) / cast(base_{{ kind }} as double) - 1 as decimal(28,10))
    end as {{ kind }}_growth_6m_yoy,
    {% endfor -%}
    -- population standard deviation over mean, from exact sums; the difference under the root may fall a hair below zero
    case
        when flow_months = 12 and inflow > 0
            then cast(sqrt(greatest(12 * cast(squared_inflow as double) / (cast(inflow as double) * cast(inflow as double)) - 1, 0)) as decimal(18,6))
    end as inflow_cv_12m,
    {% for kind in ['supplier', 'tax', 'payroll', 'utility'] -%}
    cast({{ kind }}_paid as decimal(18,2)) as {{ kind }}_paid_12m,
    {% endfor -%}
    cast(spending as decimal(18,2)) as spending_12m,
    counterparties as counterparties_12m,
    {{ ratio('top_counterparty', 'shared_sales') }} as top_counterparty_share_12m
from summed
where is_asked and flow_months > 0
