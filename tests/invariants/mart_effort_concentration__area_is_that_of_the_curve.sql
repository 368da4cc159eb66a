-- The coefficient a second way: half the sum over all pairs of segments of |x_i y_j - x_j y_i|, shares of value and effort.
-- It needs no order, so it also shows that the order of the curve is right. Nine decimals of the area are compared.
with point as (

    select
        axis,
        as_of_month,
        effort_kind,
        cast(effort_amount as double) / nullif(cast(total_effort_amount as double), 0) as effort_share,
        cast(value_amount as double) / nullif(cast(total_value_amount as double), 0) as value_share
    from {{ ref('mart_effort_curve') }}

),

paired as (

    select
        one.axis,
        one.as_of_month,
        one.effort_kind,
        cast(sum(cast(abs(one.value_share * other.effort_share - other.value_share * one.effort_share) as decimal(38,18))) as double) / 2 as coefficient
    from point as one
    inner join point as other
        on one.axis = other.axis
        and one.as_of_month = other.as_of_month
        and one.effort_kind = other.effort_kind
    group by one.axis, one.as_of_month, one.effort_kind

)

select
    paired.*,
    measured.area_under_curve
from {{ ref('mart_effort_concentration') }} as measured
inner join paired
    on measured.axis = paired.axis
    and measured.as_of_month = paired.as_of_month
    and measured.effort_kind = paired.effort_kind
where abs((1 - paired.coefficient) / 2 - measured.area_under_curve) > 0.000000001
