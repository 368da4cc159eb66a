-- What the loans of a client earned and risked in a month, by what was known at its beginning: the balances, the default
-- probability and the capital of the month end before. Interest is actual/360 on those balances, so loans drawn within the
-- month begin to count with the next one. Drawn balances only: undrawn lines bind no capital here. Every figure is of the
-- same balances, the earning ones: a loan without a rate has no known income, and a client knocked out or rated in default
-- earns no interest any more and is not in the capital formula (CRE31.3). Both stay in the exposure.
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

opening as (

    select
        balances.client_key,
        balances.as_of_month as opening_month,
        last_day({{ months_later('balances.as_of_month', 1) }}) as as_of_month,
        sum(balances.outstanding_amount) as exposure_amount,
        sum(case when loans.rate is not null then balances.outstanding_amount else 0 end) as priced_exposure_amount,
        sum(case when loans.rate is not null then balances.outstanding_amount * cast(loans.rate as decimal(9,6)) else 0 end) as yearly_interest_amount
    from {{ ref('int_loan_month') }} as balances
    inner join {{ ref('int_loan') }} as loans
        on balances.loan_key = loans.loan_key
    where balances.outstanding_amount > 0
    group by balances.client_key, balances.as_of_month

),

rated as (

    select
        opening.*,
        {{ days_between('opening.opening_month', 'opening.as_of_month') }} as month_days,
        parameter.funding_rate,
        parameter.servicing_cost_rate,
        parameter.maturity_years,
        loss.loss_given_default,
        -- knocked out, or rated as in default
        credit.evidence_knock_out_reason is not null or coalesce(credit.evidence_pd >= 1, false) as is_knocked_out,
        coalesce(credit.evidence_pd, parameter.unrated_pd) as pd
    from opening
    -- the month itself is in the history
    inner join parameter
        on opening.as_of_month = parameter.as_of_month
    inner join loss
        on opening.as_of_month = loss.as_of_month
    left join {{ ref('seg_credit') }} as credit
        on opening.client_key = credit.client_key
        and opening.opening_month = credit.as_of_month

),

earning as (

    select
        *,
        case when is_knocked_out then 0 else priced_exposure_amount end as earning_exposure_amount,
        case when is_knocked_out then 0 else yearly_interest_amount end as earned_interest_amount
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
    {{ accrued_amount('earning.earned_interest_amount', 'earning.month_days') }} as interest_amount,
    {{ accrued_amount('cast(earning.earning_exposure_amount as double) * earning.funding_rate', 'earning.month_days') }} as funding_cost_amount,
    {{ accrued_amount('cast(earning.earning_exposure_amount as double) * earning.servicing_cost_rate', 'earning.month_days') }} as servicing_cost_amount,
    -- a twelfth of the year, whatever the days of the month
    {{ accrued_amount('cast(earning.earning_exposure_amount as double) * earning.pd * earning.loss_given_default', '30') }} as expected_loss_amount,
    cast(round(cast(
        case when earning.is_knocked_out then 0 else cast(earning.earning_exposure_amount as double) * cast(capital.irb_capital_ratio as double) end
        as decimal(28,10)
    ), 2) as decimal(28,2)) as capital_amount
from earning
left join capital
    on earning.pd = capital.pd
    and earning.loss_given_default = capital.loss_given_default
    and earning.maturity_years = capital.maturity_years
    and not earning.is_knocked_out
