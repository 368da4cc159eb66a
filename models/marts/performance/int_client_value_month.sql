-- What the loans of a client earned and risked in a month, by what was known at its beginning: the balances, the default
-- probability and the capital of the month end before. Interest is actual/360 on those balances, so loans drawn within the
-- month begin to count with the next one. Drawn balances only: undrawn lines bind no capital here. A client that was
-- knocked out earns no expected loss and no capital any more (CRE31.3: a defaulted exposure is not in the formula); its
-- balance is shown apart.
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
        sum(balances.outstanding_amount * cast(loans.rate as decimal(9,6))) as yearly_interest_amount
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
    rated.client_key,
    rated.as_of_month,
    cast(rated.exposure_amount as decimal(28,2)) as exposure_amount,
    cast(rated.priced_exposure_amount as decimal(28,2)) as priced_exposure_amount,
    cast(case when rated.is_knocked_out then rated.exposure_amount else 0 end as decimal(28,2)) as knocked_out_exposure_amount,
    {{ accrued_amount('rated.yearly_interest_amount', 'rated.month_days') }} as interest_amount,
    {{ accrued_amount('cast(rated.priced_exposure_amount as double) * rated.funding_rate', 'rated.month_days') }} as funding_cost_amount,
    {{ accrued_amount('cast(rated.exposure_amount as double) * rated.servicing_cost_rate', 'rated.month_days') }} as servicing_cost_amount,
    -- a twelfth of the year, whatever the days of the month
    case
        when rated.is_knocked_out then cast(0 as decimal(28,2))
        else {{ accrued_amount('cast(rated.exposure_amount as double) * rated.pd * rated.loss_given_default', '30') }}
    end as expected_loss_amount,
    cast(round(cast(
        case when rated.is_knocked_out then 0 else cast(rated.exposure_amount as double) * cast(capital.irb_capital_ratio as double) end
        as decimal(28,10)
    ), 2) as decimal(28,2)) as capital_amount
from rated
left join capital
    on rated.pd = capital.pd
    and rated.loss_given_default = capital.loss_given_default
    and rated.maturity_years = capital.maturity_years
    and not rated.is_knocked_out
