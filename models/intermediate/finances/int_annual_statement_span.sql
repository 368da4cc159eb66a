-- The newest yearly statement of the legal entity that was known, from one filing to the next: one row per client and
-- month in which a filing changed it. A later filing of the same year is a restatement and holds from its own day; a
-- late filing of an older year changes nothing.
with filings as (

    select
        identity.client_key,
        identity.source_priority,
        statements.*,
        {% if lending_currency() == 'CNY' %}1{% else %}yuan.yuan_per_unit{% endif %} as yuan_per_unit
    from {{ ref('stg_financial_statements') }} as statements
    inner join {{ ref('int_client_identity') }} as identity
        on statements.source_system = identity.source_system
        and statements.client_no = identity.client_no
    left join {{ ref('int_yuan_rate') }} as yuan
        on last_day(statements.period_end) = yuan.month_end
    -- one that does not balance or whose unit is suspect decides nothing: the one before it still holds
    where statements.period_type = 'FY' and statements.is_ratio_usable

),

-- one filing a client, scope and day: the newest period, then the best source
daily as (

    select
        *,
        row_number() over (
            partition by client_key, scope, last_day(filed_on)
            order by period_end desc, filed_on desc, source_priority asc, source_system asc, client_no asc
        ) as choice
    from filings

),

newest as (

    select
        *,
        max(period_end) over (
            partition by client_key, scope order by filed_on
            rows between unbounded preceding and 1 preceding
        ) as newest_before
    from daily
    where choice = 1

)

select
    client_key,
    scope,
    last_day(filed_on) as from_month,
    coalesce(
        lead(last_day(filed_on)) over (partition by client_key, scope order by filed_on),
        date '9999-12-31'
    ) as to_month,
    period_end,
    filed_on,
    is_ratio_usable,
    employees,
    -- the size standard counts in ten thousand yuan
    cast(revenue_amount * yuan_per_unit / 10000 as decimal(18,6)) as revenue_wan,
    cast(total_assets_amount * yuan_per_unit / 10000 as decimal(18,6)) as total_assets_wan,
    revenue_amount,
    ebitda_amount,
    interest_expense_amount,
    net_profit_amount,
    operating_cash_flow_amount,
    research_expense_amount,
    total_assets_amount,
    current_assets_amount,
    cash_amount,
    total_liabilities_amount,
    current_liabilities_amount,
    short_term_debt_amount,
    long_term_debt_amount,
    equity_amount
from newest
where newest_before is null or period_end >= newest_before
