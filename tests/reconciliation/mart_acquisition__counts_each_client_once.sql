-- Every client that drew within the history for the first time is won once on every axis; applications count once too.
with drawn as (

    select min(drawn_on) as first_drawn_on
    from {{ ref('int_draw') }}
    where not is_renewal
    group by client_key

),

expected as (

    select
        (
            select count(*)
            from drawn
            inner join {{ ref('int_month') }} as months
                on last_day(drawn.first_drawn_on) = months.as_of_month
        ) as first_drawdowns,
        (
            select count(*)
            from {{ ref('fct_application') }} as applications
            inner join {{ ref('int_month') }} as months
                on last_day(cast(applications.submitted_at as date)) = months.as_of_month
        ) as applications

),

shown as (

    select
        axes.axis,
        coalesce(sum(acquisition.first_drawdowns), 0) as first_drawdowns,
        coalesce(sum(acquisition.applications), 0) as applications
    from (select distinct axis from {{ ref('dim_segment') }}) as axes
    left join {{ ref('mart_acquisition') }} as acquisition
        on axes.axis = acquisition.axis
    group by axes.axis

)

select shown.axis, expected.first_drawdowns, shown.first_drawdowns as shown_first_drawdowns, expected.applications, shown.applications as shown_applications
from shown
cross join expected
where expected.first_drawdowns <> shown.first_drawdowns
    or expected.applications <> shown.applications
