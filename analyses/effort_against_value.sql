-- Do managers' time, marketing money and capital go where the value is, and which segment takes most beyond what it brings?
with newest as (

    select
        effort_kind,
        max(as_of_month) as as_of_month
    from {{ ref('mart_effort_concentration') }}
    where is_mature
    group by effort_kind

),

widest as (

    select
        *,
        row_number() over (
            partition by axis, as_of_month, effort_kind order by effort_share - value_share desc, segment_code asc
        ) as place
    from {{ ref('mart_effort_curve') }}
    where effort_share is not null
        and value_share is not null

)

select
    concentration.effort_kind,
    concentration.axis,
    concentration.as_of_month,
    concentration.concentration_coefficient,
    concentration.missing_reason,
    concentration.effort_without_value_share,
    widest.segment_code,
    widest.effort_share,
    widest.value_share
from {{ ref('mart_effort_concentration') }} as concentration
inner join newest
    on concentration.effort_kind = newest.effort_kind
    and concentration.as_of_month = newest.as_of_month
left join widest
    on concentration.axis = widest.axis
    and concentration.as_of_month = widest.as_of_month
    and concentration.effort_kind = widest.effort_kind
    and widest.place = 1
order by concentration.effort_kind, concentration.axis
