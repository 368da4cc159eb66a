-- What the loans of a client earned and risked in a month, by what was known at its beginning: the balances, the open lines,
-- the default probability and the capital of the month end before. Two bases stand side by side. What earns and costs is
-- of the earning balances: a loan without a rate has no known income, and a client knocked out or rated in default earns
-- no interest any more. What is risked is of the exposure at default: these balances and, of what may still be drawn, the
-- part that the credit conversion factor expects. Neither loss nor capital of clients in default is this formula's
-- (CRE31.3); all balances and limits stay in exposure_amount and undrawn_amount.
-- Interest is actual/360 on the opening balances and not on an average with the closing ones: the segment is that of the
-- opening month end, and an average would be an outcome of the month. Loans drawn within it begin to count with the next.
-- It stands with the marts because it reads one.
{{ config(schema = 'intermediate') }}
with parameter as {{ rule_values(ref('rule_resource_parameter'), 'parameter_id', {
    'funding_rate': ['FUNDING_RATE', 'parameter_value'],
    'servicing_cost_rate': ['SERVICING_COST_RATE', 'parameter_value'],
    'unrated_pd': ['UNRATED_PD', 'parameter_value'],
    'maturity_years': ['EFFECTIVE_MATURITY_YEARS', 'parameter_value'],
}) }},

loss as {{ rule_values(ref('rule_relationship_parameter'), 'parameter_id', {
    'loss_given_default': ['LOSS_GIVEN_DEFAULT', 'parameter_value'],
}) }},

balance as (

    select
        balances.client_key,
        balances.as_of_month as opening_month,
        sum(balances.outstanding_amount) as exposure_amount,
        sum(case when loans.rate is not null then balances.outstanding_amount else 0 end) as priced_exposure_amount,
        sum(case when loans.rate is not null then balances.outstanding_amount * cast(loans.rate as decimal(9,6)) else 0 end) as yearly_interest_amount
    from {{ ref('int_loan_month') }} as balances
    inner join {{ ref('int_loan') }} as loans
        on balances.loan_key = loans.loan_key
    where balances.outstanding_amount > 0
    group by balances.client_key, balances.as_of_month

),

line as (

    select
        client_key,
        as_of_month as opening_month,
        coalesce(sum(undrawn_amount), 0) as undrawn_amount,
        coalesce(sum(converted_undrawn_amount), 0) as converted_undrawn_amount,
        count(*) filter (where undrawn_amount is null) as lines_of_unknown_worth
    from {{ ref('int_facility_month') }}
    group by client_key, as_of_month

),

opening as (

    select
        coalesce(balance.client_key, line.client_key) as client_key,
        coalesce(balance.opening_month, line.opening_month) as opening_month,
        last_day({{ months_later('coalesce(balance.opening_month, line.opening_month)', 1) }}) as as_of_month,
        coalesce(balance.exposure_amount, 0) as exposure_amount,
        coalesce(balance.priced_exposure_amount, 0) as priced_exposure_amount,
        coalesce(balance.yearly_interest_amount, 0) as yearly_interest_amount,
        coalesce(line.undrawn_amount, 0) as undrawn_amount,
        coalesce(line.converted_undrawn_amount, 0) as converted_undrawn_amount,
        coalesce(line.lines_of_unknown_worth, 0) as lines_of_unknown_worth
    from balance
    full outer join line
        on balance.client_key = line.client_key
        and balance.opening_month = line.opening_month

),

outside_grid as (

    select
        opening.client_key,
        opening.opening_month
    from opening
    left join {{ ref('seg_credit') }} as credit
        on opening.client_key = credit.client_key
        and opening.opening_month = credit.as_of_month
    where credit.client_key is null

),

-- a client outside the grid keeps what was known when it was last in it, its knock-out as well; never something later
credit_month as (

    select
        outside_grid.client_key,
        outside_grid.opening_month,
        held.as_of_month as credit_month
    from outside_grid
    {{ asof_left_join(ref('seg_credit'), 'held', ['outside_grid.client_key = held.client_key'], 'outside_grid.opening_month > held.as_of_month') }}

),

rated as (

    select
        opening.*,
        {{ days_between('opening.opening_month', 'opening.as_of_month') }} as month_days,
        parameter.funding_rate,
        parameter.servicing_cost_rate,
        parameter.maturity_years,
        loss.loss_given_default,
        credit.as_of_month as credit_month,
        -- knocked out, or rated as in default
        credit.evidence_knock_out_reason is not null or coalesce(credit.evidence_pd >= 1, false) as is_knocked_out,
        coalesce(credit.evidence_pd, parameter.unrated_pd) as pd
    from opening
    -- the month itself is in the history
    inner join parameter
        on opening.as_of_month = parameter.as_of_month
    inner join loss
        on opening.as_of_month = loss.as_of_month
    left join credit_month
        on opening.client_key = credit_month.client_key
        and opening.opening_month = credit_month.opening_month
    left join {{ ref('seg_credit') }} as credit
        on opening.client_key = credit.client_key
        and coalesce(credit_month.credit_month, opening.opening_month) = credit.as_of_month

),

earning as (

    select
        *,
        case when is_knocked_out then 0 else priced_exposure_amount end as earning_exposure_amount,
        case when is_knocked_out then 0 else yearly_interest_amount end as earned_interest_amount,
        case when is_knocked_out then 0 else priced_exposure_amount + converted_undrawn_amount end as exposure_at_default_amount
    from rated

),

-- few grades, many clients: the formula once for each
distinct_risk as (

    select distinct pd, loss_given_default, maturity_years
    from rated
    where not is_knocked_out

),

capital as (

    select *
    from {{ irb_capital('distinct_risk', ['pd', 'loss_given_default', 'maturity_years'], 'pd', 'loss_given_default', 'maturity_years') }} as weights

)

select
    earning.client_key,
    earning.as_of_month,
    cast(earning.exposure_amount as decimal(28,2)) as exposure_amount,
    cast(earning.earning_exposure_amount as decimal(28,2)) as earning_exposure_amount,
    cast(case when earning.is_knocked_out then earning.exposure_amount else 0 end as decimal(28,2)) as knocked_out_exposure_amount,
    cast(earning.undrawn_amount as decimal(28,2)) as undrawn_amount,
    cast(earning.lines_of_unknown_worth as bigint) as lines_of_unknown_worth,
    cast(earning.exposure_at_default_amount - earning.earning_exposure_amount as decimal(28,2)) as converted_undrawn_amount,
    cast(earning.exposure_at_default_amount as decimal(28,2)) as exposure_at_default_amount,
    earning.credit_month,
    cast(case when not earning.is_knocked_out then earning.pd end as decimal(18,10)) as pd,
    {{ accrued_amount('earning.earned_interest_amount', 'earning.month_days') }} as interest_amount,
    {{ accrued_amount('cast(earning.earning_exposure_amount as double) * earning.funding_rate', 'earning.month_days') }} as funding_cost_amount,
    {{ accrued_amount('cast(earning.earning_exposure_amount as double) * earning.servicing_cost_rate', 'earning.month_days') }} as servicing_cost_amount,
    -- a twelfth of the year, whatever the days of the month
    {{ accrued_amount('cast(earning.exposure_at_default_amount as double) * earning.pd * earning.loss_given_default', '30') }} as expected_loss_amount,
    cast(round(cast(
        case when earning.is_knocked_out then 0 else cast(earning.exposure_at_default_amount as double) * cast(capital.irb_capital_ratio as double) end
        as decimal(28,10)
    ), 2) as decimal(28,2)) as capital_amount
from earning
left join capital
    on earning.pd = capital.pd
    and earning.loss_given_default = capital.loss_given_default
    and earning.maturity_years = capital.maturity_years
