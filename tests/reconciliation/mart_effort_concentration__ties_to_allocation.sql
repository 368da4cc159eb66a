-- Over the segments of every axis and over clients it is the same effort and the same value, those of
-- mart_resource_allocation; every axis has its row, also in a month without a coefficient.
with allocated as (

    select
        as_of_month,
        sum(contact_minutes) as contact_minutes,
        sum(marketing_cost_amount) as marketing_cost_amount,
        sum(capital_amount) as capital_amount,
        sum(revenue_amount - expected_loss_amount) as value_amount
    from {{ ref('mart_resource_allocation') }}
    where axis = 'SIZE'
    group by as_of_month

),

total as (

    select as_of_month, 'MANAGER_TIME' as effort_kind, contact_minutes as effort_amount, value_amount from allocated
    union all
    select as_of_month, 'MARKETING_COST' as effort_kind, marketing_cost_amount as effort_amount, value_amount from allocated
    union all
    select as_of_month, 'CAPITAL' as effort_kind, capital_amount as effort_amount, value_amount from allocated

),

expected as (

    {% for axis in segment_axes() -%}
    select '{{ axis }}' as axis, * from total
    union all
    {% endfor -%}
    -- a month whose only effort is a campaign has no client
    select 'CLIENT' as axis, *
    from total
    where effort_kind <> 'MARKETING_COST'
        and as_of_month in (
            select as_of_month from {{ ref('int_client_effort_month') }}
            union all
            select as_of_month from {{ ref('int_client_value_month') }}
        )

)

select
    coalesce(concentration.axis, expected.axis) as axis,
    coalesce(concentration.as_of_month, expected.as_of_month) as as_of_month,
    coalesce(concentration.effort_kind, expected.effort_kind) as effort_kind,
    concentration.effort_amount,
    expected.effort_amount as allocated_effort_amount,
    concentration.value_amount,
    concentration.negative_value_amount,
    expected.value_amount as allocated_value_amount
from {{ ref('mart_effort_concentration') }} as concentration
full outer join expected
    on concentration.axis = expected.axis
    and concentration.as_of_month = expected.as_of_month
    and concentration.effort_kind = expected.effort_kind
where concentration.effort_amount is distinct from expected.effort_amount
    or concentration.value_amount + concentration.negative_value_amount is distinct from expected.value_amount
