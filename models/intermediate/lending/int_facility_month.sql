-- Every credit line at every month end at which it is open: what may still be drawn from it, and how much of that is
-- expected to be drawn by a client that defaults (domain.md section 1f, EAD). The input does not say whether a line
-- revolves: what was repaid counts as free again.
{{ monthly_model() }}
with factor as {{ rule_values(ref('rule_resource_parameter'), 'parameter_id', {
    'committed_factor': ['CCF_COMMITTED', 'parameter_value'],
    'cancellable_factor': ['CCF_CANCELLABLE', 'parameter_value'],
    'unstated_factor': ['CCF_UNSTATED', 'parameter_value'],
}) }},

line as (

    select
        facilities.facility_no,
        identity.client_key,
        months.as_of_month,
        facilities.is_committed,
        facilities.limit_amount,
        case when coalesce(facilities.currency, '{{ lending_currency() }}') = '{{ lending_currency() }}' then 1 else fx.rate_end end as rate_end
    from {{ ref('stg_facilities') }} as facilities
    inner join {{ ref('int_client_identity') }} as identity
        on facilities.source_system = identity.source_system
        and facilities.client_no = identity.client_no
    inner join {{ ref('int_month') }} as months
        on months.as_of_month >= facilities.started_on
        and months.as_of_month <= coalesce(facilities.expires_on, date '9999-12-31')
    left join {{ ref('stg_fx_rate') }} as fx
        on facilities.currency = fx.currency
        and months.as_of_month = fx.month_end
    where months.as_of_month >= {{ first_rebuilt_month() }}

),

drawn as (

    select
        loans.facility_no,
        balances.as_of_month,
        sum(balances.outstanding_amount) as drawn_amount
    from {{ ref('int_loan_month') }} as balances
    inner join {{ ref('int_loan') }} as loans
        on balances.loan_key = loans.loan_key
    where loans.facility_no is not null
        and balances.as_of_month >= {{ first_rebuilt_month() }}
    group by loans.facility_no, balances.as_of_month

),

used as (

    select
        line.facility_no,
        line.client_key,
        line.as_of_month,
        line.is_committed,
        case
            when line.is_committed then factor.committed_factor
            when not line.is_committed then factor.cancellable_factor
            else factor.unstated_factor
        end as credit_conversion_factor,
        -- without an exchange rate the worth of a line is unknown
        {{ converted('line.limit_amount', 'line.rate_end') }} as limit_amount,
        coalesce(drawn.drawn_amount, 0) as drawn_amount
    from line
    inner join factor
        on line.as_of_month = factor.as_of_month
    left join drawn
        on line.facility_no = drawn.facility_no
        and line.as_of_month = drawn.as_of_month

),

unused as (

    select
        *,
        -- more may be drawn than the limit: nothing is left then; greatest would make a number of a missing one
        case when limit_amount > drawn_amount then limit_amount - drawn_amount when limit_amount is not null then 0 end as undrawn_amount
    from used

)

select
    facility_no,
    client_key,
    as_of_month,
    is_committed,
    cast(limit_amount as decimal(18,2)) as limit_amount,
    cast(drawn_amount as decimal(18,2)) as drawn_amount,
    cast(undrawn_amount as decimal(18,2)) as undrawn_amount,
    credit_conversion_factor,
    cast(round(cast(cast(undrawn_amount as double) * cast(credit_conversion_factor as double) as decimal(28,10)), 2) as decimal(18,2)) as converted_undrawn_amount
from unused
