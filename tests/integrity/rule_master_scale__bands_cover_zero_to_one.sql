-- On every day on which a version of the master scale begins: the first band starts at 0, each band starts where the one
-- before it ends, and the last ends at 1. So every PD has one grade.
with version_day as (

    select distinct valid_from as holds_on
    from {{ ref('rule_master_scale') }}

),

bands as (

    select
        version_day.holds_on,
        scale.grade,
        scale.pd_lower,
        scale.pd_upper,
        lag(scale.pd_upper) over by_grade as upper_before,
        row_number() over by_grade as place,
        count(*) over (partition by version_day.holds_on) as grades
    from version_day
    inner join {{ ref('rule_master_scale') }} as scale
        on scale.valid_from <= version_day.holds_on
        and scale.valid_to > version_day.holds_on
    window by_grade as (partition by version_day.holds_on order by scale.grade_order, scale.grade)

)

select *
from bands
where pd_upper <= pd_lower
    or pd_lower <> coalesce(upper_before, 0)
    or (place = grades and pd_upper <> 1)
