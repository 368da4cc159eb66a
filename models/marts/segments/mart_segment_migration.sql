-- How clients move between the segments of an axis from one month end to the next, entries and exits included (cohort
-- method, domain.md section 1f). The first month of the history has no month before it.
{{ monthly_model() }}
with {{ segment_pairs(segment_axes()) }},

exposure as (

    select
        client_key,
        as_of_month,
        last_day({{ months_later('as_of_month', 1) }}) as next_month,
        exposure_amount
    from {{ ref('int_client_exposure_month') }}
    where as_of_month >= {{ month_before_rebuilt() }}

),

counted as (

    select
        axis_pair.axis,
        axis_pair.as_of_month,
        axis_pair.from_segment,
        axis_pair.to_segment,
        count(*) as clients,
        coalesce(sum(before.exposure_amount), 0) as exposure_before
    from axis_pair
    cross join {{ ref('stg_reporting_window') }} as reporting
    left join exposure as before
        on axis_pair.client_key = before.client_key
        and axis_pair.as_of_month = before.next_month
    where axis_pair.as_of_month > reporting.first_month
        and axis_pair.as_of_month <= reporting.last_month
        and axis_pair.as_of_month >= {{ first_rebuilt_month() }}
    group by axis_pair.axis, axis_pair.as_of_month, axis_pair.from_segment, axis_pair.to_segment

),

totalled as (

    select
        *,
        sum(clients) over from_one as from_clients,
        sum(case when to_segment <> 'EXIT' then clients else 0 end) over from_one as from_clients_staying
    from counted
    window from_one as (partition by axis, as_of_month, from_segment)

)

select
    axis,
    as_of_month,
    from_segment,
    to_segment,
    cast(clients as bigint) as clients,
    cast(from_clients as bigint) as from_clients,
    {{ ratio('clients', 'from_clients') }} as migration_rate,
    case when to_segment <> 'EXIT' then cast(from_clients_staying as bigint) end as from_clients_staying,
    case when to_segment <> 'EXIT' then {{ ratio('clients', 'from_clients_staying') }} end as migration_rate_without_exit,
    cast(exposure_before as decimal(28,2)) as exposure_before_amount
from totalled
