-- Every curve holds the effort and the value of mart_resource_allocation once, ends in (1, 1), and its shares add up to 1.
-- Shares have six decimals: what rounding may leave is half of the last one for each segment.
with curve as (

    select
        axis,
        as_of_month,
        effort_kind,
        count(*) as segments,
        sum(effort_amount) as effort_amount,
        sum(value_amount + negative_value_amount) as value_amount,
        sum(value_amount) as positive_value_amount,
        max(total_effort_amount) as total_effort_amount,
        max(total_value_amount) as total_value_amount,
        max(cumulative_effort_amount) as last_effort_amount,
        max(cumulative_value_amount) as last_value_amount,
        max(step_no) as last_step_no,
        sum(effort_share) as effort_share,
        sum(value_share) as value_share
    from {{ ref('mart_effort_curve') }}
    group by axis, as_of_month, effort_kind

),

allocated as (

    select
        axis,
        as_of_month,
        count(*) as segments,
        sum(contact_minutes) as contact_minutes,
        sum(marketing_cost_amount) as marketing_cost_amount,
        sum(capital_amount) as capital_amount,
        sum(revenue_amount - expected_loss_amount) as value_amount
    from {{ ref('mart_resource_allocation') }}
    group by axis, as_of_month

),

expected as (

    select axis, as_of_month, 'MANAGER_TIME' as effort_kind, segments, contact_minutes as effort_amount, value_amount from allocated
    union all
    select axis, as_of_month, 'MARKETING_COST' as effort_kind, segments, marketing_cost_amount as effort_amount, value_amount from allocated
    union all
    select axis, as_of_month, 'CAPITAL' as effort_kind, segments, capital_amount as effort_amount, value_amount from allocated

)

select
    coalesce(curve.axis, expected.axis) as axis,
    coalesce(curve.as_of_month, expected.as_of_month) as as_of_month,
    coalesce(curve.effort_kind, expected.effort_kind) as effort_kind,
    curve.effort_amount,
    expected.effort_amount as allocated_effort_amount,
    curve.value_amount,
    expected.value_amount as allocated_value_amount
from curve
full outer join expected
    on curve.axis = expected.axis
    and curve.as_of_month = expected.as_of_month
    and curve.effort_kind = expected.effort_kind
where curve.segments is distinct from expected.segments
    or curve.effort_amount is distinct from expected.effort_amount
    or curve.value_amount is distinct from expected.value_amount
    or curve.effort_amount <> curve.total_effort_amount
    or curve.effort_amount <> curve.last_effort_amount
    or curve.positive_value_amount <> curve.total_value_amount
    or curve.positive_value_amount <> curve.last_value_amount
    or curve.last_step_no <> curve.segments
    or (curve.effort_share is null) <> coalesce(curve.total_effort_amount = 0, true)
    or (curve.value_share is null) <> (curve.total_value_amount = 0)
    or abs(curve.effort_share - 1) > 0.0000005 * curve.segments
    or abs(curve.value_share - 1) > 0.0000005 * curve.segments
