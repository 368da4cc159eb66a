-- The points of the Lorenz curves of effort over value: the segments of an axis one behind the other, the one that takes
-- the least effort for what it brings first. Value is revenue after expected loss, before any effort is paid: else the
-- effort would stand on both sides.
with kind as (

    select
        months.as_of_month,
        kinds.*
    from {{ ref('int_month') }} as months
    inner join {{ ref('rule_effort_kind') }} as kinds
        on months.as_of_month >= kinds.valid_from
        and months.as_of_month < kinds.valid_to

),

segment as (

    select
        allocation.axis,
        allocation.as_of_month,
        kind.effort_kind,
        kind.name_en,
        kind.name_zh,
        kind.unit,
        allocation.segment_code,
        case kind.effort_kind
            when 'MANAGER_TIME' then allocation.contact_minutes
            when 'MARKETING_COST' then allocation.marketing_cost_amount
            when 'CAPITAL' then allocation.capital_amount
        end as effort_amount,
        allocation.risk_adjusted_revenue_amount as net_value_amount
    from {{ ref('mart_resource_allocation') }} as allocation
    inner join kind
        on allocation.as_of_month = kind.as_of_month

)

select
    axis,
    as_of_month,
    effort_kind,
    segment_code,
    name_en,
    name_zh,
    unit,
    cast(step_no as integer) as step_no,
    cast(effort_amount as decimal(28,6)) as effort_amount,
    cast(total_effort_amount as decimal(28,6)) as total_effort_amount,
    {{ ratio('effort_amount', 'total_effort_amount') }} as effort_share,
    cast(value_amount as decimal(28,2)) as value_amount,
    cast(negative_value_amount as decimal(28,2)) as negative_value_amount,
    cast(total_value_amount as decimal(28,2)) as total_value_amount,
    {{ ratio('value_amount', 'total_value_amount') }} as value_share,
    cast(cumulative_effort_amount as decimal(28,6)) as cumulative_effort_amount,
    {{ ratio('cumulative_effort_amount', 'total_effort_amount') }} as cumulative_effort_share,
    cast(cumulative_value_amount as decimal(28,2)) as cumulative_value_amount,
    {{ ratio('cumulative_value_amount', 'total_value_amount') }} as cumulative_value_share
from {{ lorenz_steps('segment', ['axis', 'as_of_month', 'effort_kind'], 'segment_code') }} as stepped
