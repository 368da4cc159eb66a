-- On every axis the segments of a month hold every client of the grid exactly once; a year that is over is measured for
-- all of them, one that is not for none.
with grid as (

    select
        clients.as_of_month,
        count(*) as clients,
        count(later.client_key) as retained,
        max(case when months.as_of_month is not null then 1 else 0 end) as is_mature
    from {{ ref('int_client_month') }} as clients
    left join {{ ref('int_client_month') }} as later
        on clients.client_key = later.client_key
        and last_day({{ months_later('clients.as_of_month', 12) }}) = later.as_of_month
    left join {{ ref('int_month') }} as months
        on last_day({{ months_later('clients.as_of_month', 12) }}) = months.as_of_month
    group by clients.as_of_month

),

shown as (

    select
        axes.axis,
        months.as_of_month,
        sum(stickiness.clients) as clients,
        sum(stickiness.retention_clients) as retention_clients,
        sum(stickiness.retained) as retained
    from (select distinct axis from {{ ref('dim_segment') }}) as axes
    cross join {{ ref('int_month') }} as months
    left join {{ ref('int_segment_stickiness_month') }} as stickiness
        on axes.axis = stickiness.axis
        and months.as_of_month = stickiness.as_of_month
    group by axes.axis, months.as_of_month

)

select grid.*, shown.axis, shown.clients as shown_clients, shown.retained as shown_retained
from grid
inner join shown
    on grid.as_of_month = shown.as_of_month
where grid.clients is distinct from shown.clients
    or (case when grid.is_mature = 1 then grid.clients end) is distinct from shown.retention_clients
    or (case when grid.is_mature = 1 then grid.retained end) is distinct from shown.retained
