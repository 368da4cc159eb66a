-- Age and statements of every client at every month end. A statement speaks for so many months after its year and no
-- longer (seed rule_lifecycle_parameter): after them every figure of it is unknown, and only its dates are shown.
{{ monthly_model() }}
with facts as (

    select
        grid.client_key,
        grid.as_of_month,
        {{ month_number('grid.as_of_month') }} - {{ month_number('spans.registered_on') }} as age_months,
        {{ month_number('grid.as_of_month') }} - statement.period_month_number <= parameter.statement_max_age_months as is_fresh,
        parameter.revenue_cv_minimum_years,
        statement.* exclude (client_key, from_month, to_month)
    from {{ ref('int_client_month') }} as grid
    inner join {{ ref('int_client_span') }} as spans
        on grid.client_key = spans.client_key
        and grid.from_month = spans.from_month
    left join {{ ref('int_client_statement_span') }} as statement
        on grid.client_key = statement.client_key
        and grid.as_of_month >= statement.from_month
        and grid.as_of_month < statement.to_month
    left join {{ rule_values(ref('rule_lifecycle_parameter'), 'parameter_id', {
        'statement_max_age_months': ['STATEMENT_MAX_AGE_MONTHS', 'parameter_value'],
        'revenue_cv_minimum_years': ['REVENUE_CV_MINIMUM_YEARS', 'parameter_value'],
    }) }} as parameter
        on grid.as_of_month = parameter.as_of_month
    where grid.as_of_month >= {{ first_rebuilt_month() }}

)

select
    client_key,
    as_of_month,
    cast(age_months as integer) as age_months,
    statement_period_end,
    statement_filed_on,
    not is_fresh as is_statement_too_old,
    case when is_fresh then cagr_3y end as cagr_3y,
    case when is_fresh then cagr_2y end as cagr_2y,
    case when is_fresh then growth_rate end as growth_rate,
    case when is_fresh then base_employees end as base_employees,
    case when is_fresh then revenue_years end as revenue_years,
    case when is_fresh and revenue_years >= revenue_cv_minimum_years then revenue_cv end as revenue_cv,
    case when is_fresh then icr end as icr,
    case when is_fresh then owes_no_interest end as owes_no_interest,
    case when is_fresh then dscr end as dscr,
    case when is_fresh then runway_months end as runway_months,
    case when is_fresh then burns_cash end as burns_cash,
    case when is_fresh then has_negative_equity_and_cash_flow end as has_negative_equity_and_cash_flow,
    case when is_fresh then net_debt_to_ebitda end as net_debt_to_ebitda,
    case when is_fresh then current_ratio end as current_ratio,
    case when is_fresh then ocf_to_short_term_debt end as ocf_to_short_term_debt
from facts
