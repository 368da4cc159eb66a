-- Every yearly statement of the legal entity as it was known, from one filing of the year to the next: one row per client,
-- year and month in which a filing of that year arrived. A later filing of the same year is a restatement and holds from
-- its own month. One that does not balance or whose unit is suspect decides nothing: the one before it still holds.
with filings as (

    select
        identity.client_key,
        identity.source_priority,
        statements.*,
        -- years are compared by their last month, whatever day a source calls the last
        {{ month_number('statements.period_end') }} as period_month_number,
        last_day(statements.filed_on) as from_month
    from {{ ref('stg_financial_statements') }} as statements
    inner join {{ ref('int_client_identity') }} as identity
        on statements.source_system = identity.source_system
        and statements.client_no = identity.client_no
    where statements.period_type = 'FY' and statements.scope = 'SOLO' and statements.is_ratio_usable

),

-- of several filings of a year in one month a month end sees the last
chosen as (

    select
        *,
        row_number() over (
            partition by client_key, period_month_number, from_month
            order by filed_on desc, source_priority asc, source_system asc, client_no asc, period_end desc
        ) as choice
    from filings

)

select
    client_key,
    period_month_number,
    from_month,
    coalesce(
        lead(from_month) over (partition by client_key, period_month_number order by from_month),
        date '9999-12-31'
    ) as to_month,
    period_end,
    filed_on,
    employees,
    revenue_amount,
    ebitda_amount,
    interest_expense_amount,
    operating_cash_flow_amount,
    current_assets_amount,
    cash_amount,
    current_liabilities_amount,
    short_term_debt_amount,
    long_term_debt_amount,
    equity_amount
from chosen
where choice = 1
