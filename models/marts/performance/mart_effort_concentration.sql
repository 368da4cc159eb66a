-- Does effort go where the value is? The concentration coefficient of effort against value, over the segments of each axis
-- (their curves are in mart_effort_curve) and over single clients. Segments show less than clients: what is out of
-- proportion within a segment is not seen from outside.
with kind as (

    select
        calendar.as_of_month,
        kinds.*,
        limits.minimum_cell
    from {{ ref('int_month') }} as calendar
    inner join {{ ref('rule_effort_kind') }} as kinds
        on calendar.as_of_month >= kinds.valid_from
        and calendar.as_of_month < kinds.valid_to
    inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }} as limits
        on calendar.as_of_month = limits.as_of_month

),

-- contacts with clients without a loan, and loans of clients without a contact; unknown is no effort of nothing
client as (

    select
        coalesce(effort.client_key, earned.client_key) as client_key,
        coalesce(effort.as_of_month, earned.as_of_month) as as_of_month,
        case
            when delivery.first_contact_on <= coalesce(effort.as_of_month, earned.as_of_month) then coalesce(effort.contact_minutes, 0)
        end as contact_minutes,
        coalesce(earned.capital_amount, 0) as capital_amount,
        coalesce(earned.interest_amount - earned.funding_cost_amount - earned.expected_loss_amount, 0) as net_value_amount
    from {{ ref('int_client_effort_month') }} as effort
    full outer join {{ ref('int_client_value_month') }} as earned
        on effort.client_key = earned.client_key
        and effort.as_of_month = earned.as_of_month
    cross join {{ ref('int_effort_delivery') }} as delivery

),

client_unit as (

    select
        client.client_key,
        client.as_of_month,
        kind.effort_kind,
        case kind.effort_kind
            when 'MANAGER_TIME' then client.contact_minutes
            when 'CAPITAL' then client.capital_amount
        end as effort_amount,
        client.net_value_amount
    from client
    inner join kind
        on client.as_of_month = kind.as_of_month
    where kind.is_by_client

),

step as (

    select
        axis,
        as_of_month,
        effort_kind,
        effort_amount,
        value_amount,
        negative_value_amount,
        total_effort_amount,
        total_value_amount,
        cumulative_effort_amount
    from {{ ref('mart_effort_curve') }}

    union all

    select
        'CLIENT' as axis,
        as_of_month,
        effort_kind,
        effort_amount,
        value_amount,
        negative_value_amount,
        total_effort_amount,
        total_value_amount,
        cumulative_effort_amount
    from {{ lorenz_steps('client_unit', ['as_of_month', 'effort_kind'], 'client_key') }} as stepped

),

summed as (

    select
        axis,
        as_of_month,
        effort_kind,
        count(*) filter (where effort_amount > 0 or value_amount > 0) as units,
        count(*) filter (where negative_value_amount < 0) as units_with_negative_value,
        cast(sum(effort_amount) as decimal(28,6)) as effort_amount,
        cast(sum(case when value_amount = 0 or effort_amount is null then effort_amount else 0 end) as decimal(28,6)) as effort_without_value_amount,
        cast(sum(value_amount) as decimal(28,2)) as value_amount,
        cast(sum(negative_value_amount) as decimal(28,2)) as negative_value_amount,
        {{ lorenz_area() }} as area_under_curve
    from step
    group by axis, as_of_month, effort_kind

),

campaign_month as (

    select
        as_of_month,
        min(case when is_mature then 1 else 0 end) = 1 as is_mature
    from {{ ref('mart_acquisition') }}
    group by as_of_month

),

judged as (

    select
        summed.*,
        kind.name_en,
        kind.name_zh,
        kind.unit,
        coalesce(kind.effort_kind <> 'MARKETING_COST' or campaign_month.is_mature, true) as is_mature,
        case
            when summed.effort_amount is null then 'EFFORT_UNKNOWN'
            when summed.effort_amount = 0 then 'NO_EFFORT'
            when summed.value_amount = 0 then 'NO_VALUE'
            when summed.units = 1 then 'ONE_UNIT'
            when summed.axis = 'CLIENT' and summed.units < kind.minimum_cell then 'TOO_FEW_CLIENTS'
        end as missing_reason
    from summed
    inner join kind
        on summed.as_of_month = kind.as_of_month
        and summed.effort_kind = kind.effort_kind
    left join campaign_month
        on summed.as_of_month = campaign_month.as_of_month

)

select
    axis,
    as_of_month,
    effort_kind,
    name_en,
    name_zh,
    unit,
    cast(units as bigint) as units,
    cast(units_with_negative_value as bigint) as units_with_negative_value,
    effort_amount,
    effort_without_value_amount,
    {{ ratio('effort_without_value_amount', 'effort_amount') }} as effort_without_value_share,
    value_amount,
    negative_value_amount,
    case when missing_reason is null then area_under_curve end as area_under_curve,
    case when missing_reason is null then {{ concentration_coefficient('area_under_curve') }} end as concentration_coefficient,
    is_mature,
    missing_reason
from judged
