-- What the yearly statements of a client said, from one filing to the next: growth, steadiness and ability to pay of the
-- latest year that was known, against the same month one, two and three years before as these were known then. One row per
-- client and month in which a filing arrived; months between filings know nothing new.
with filing_month as (

    select
        client_key,
        from_month,
        max(period_month_number) as newest_filed
    from {{ ref('int_annual_statement_version') }}
    group by client_key, from_month

),

-- a late filing of an older year leaves the latest year where it is
span as (

    select
        client_key,
        from_month,
        coalesce(lead(from_month) over (partition by client_key order by from_month), date '9999-12-31') as to_month,
        max(newest_filed) over (
            partition by client_key order by from_month
            rows between unbounded preceding and current row
        ) as latest_year
    from filing_month

),

side_by_side as (

    select
        span.client_key,
        span.from_month,
        span.to_month,
        latest.period_end as statement_period_end,
        latest.period_month_number,
        latest.filed_on as statement_filed_on,
        latest.revenue_amount,
        year_1.revenue_amount as revenue_amount_1,
        year_2.revenue_amount as revenue_amount_2,
        year_3.revenue_amount as revenue_amount_3,
        year_3.employees as base_employees,
        latest.ebitda_amount,
        latest.interest_expense_amount,
        latest.operating_cash_flow_amount,
        latest.current_assets_amount,
        latest.cash_amount,
        latest.current_liabilities_amount,
        latest.short_term_debt_amount,
        latest.long_term_debt_amount,
        latest.equity_amount
    from span
    inner join {{ ref('int_annual_statement_version') }} as latest
        on span.client_key = latest.client_key
        and span.latest_year = latest.period_month_number
        and span.from_month >= latest.from_month
        and span.from_month < latest.to_month
    {% for years in [1, 2, 3] -%}
    left join {{ ref('int_annual_statement_version') }} as year_{{ years }}
        on span.client_key = year_{{ years }}.client_key
        and span.latest_year - {{ 12 * years }} = year_{{ years }}.period_month_number
        and span.from_month >= year_{{ years }}.from_month
        and span.from_month < year_{{ years }}.to_month
    {% endfor %}
),

-- a year without revenue in the statement is not a year of zero revenue: it counts neither in the sum nor in the number
counted as (

    select
        *,
        cast({% for revenue in ['revenue_amount', 'revenue_amount_1', 'revenue_amount_2', 'revenue_amount_3'] -%}
        case when {{ revenue }} is null then 0 else 1 end{{ ' + ' if not loop.last }}
        {%- endfor %} as integer) as revenue_years,
        cast({% for revenue in ['revenue_amount', 'revenue_amount_1', 'revenue_amount_2', 'revenue_amount_3'] -%}
        coalesce({{ revenue }}, 0){{ ' + ' if not loop.last }}
        {%- endfor %} as double) as revenue_sum
    from side_by_side

),

averaged as (

    select
        *,
        revenue_sum / nullif(revenue_years, 0) as revenue_mean
    from counted

),

spread as (

    select
        *,
        -- population standard deviation
        sqrt(({% for revenue in ['revenue_amount', 'revenue_amount_1', 'revenue_amount_2', 'revenue_amount_3'] -%}
        coalesce(power(cast({{ revenue }} as double) - revenue_mean, 2e0), 0e0){{ ' + ' if not loop.last }}
        {%- endfor %}) / nullif(revenue_years, 0)) as revenue_deviation,
        {{ annual_growth('revenue_amount', 'revenue_amount_3', 3) }} as cagr_3y,
        {{ annual_growth('revenue_amount', 'revenue_amount_2', 2) }} as cagr_2y
    from averaged

)

select
    client_key,
    from_month,
    to_month,
    statement_period_end,
    statement_filed_on,
    period_month_number,
    cagr_3y,
    cagr_2y,
    coalesce(cagr_3y, cagr_2y) as growth_rate,
    base_employees,
    revenue_years,
    {{ ratio_over_positive('revenue_deviation', 'revenue_mean') }} as revenue_cv,
    {{ ratio_over_positive('ebitda_amount', 'interest_expense_amount') }} as icr,
    -- owing no interest is known; an interest expense that nobody stated is not
    interest_expense_amount = 0 as owes_no_interest,
    {{ ratio_over_positive('ebitda_amount', '(interest_expense_amount + short_term_debt_amount)') }} as dscr,
    {{ ratio_over_positive('cash_amount * 12', '(-operating_cash_flow_amount)') }} as runway_months,
    operating_cash_flow_amount < 0 as burns_cash,
    -- one of the two known not to be negative settles it, whatever the other is
    equity_amount < 0 and operating_cash_flow_amount < 0 as has_negative_equity_and_cash_flow,
    {{ ratio_over_positive('(short_term_debt_amount + long_term_debt_amount - cash_amount)', 'ebitda_amount') }} as net_debt_to_ebitda,
    {{ ratio_over_positive('current_assets_amount', 'current_liabilities_amount') }} as current_ratio,
    {{ ratio_over_positive('operating_cash_flow_amount', 'short_term_debt_amount') }} as ocf_to_short_term_debt
from spread
