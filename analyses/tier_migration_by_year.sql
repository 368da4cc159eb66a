-- Of the clients of each tier, how many moved where in each calendar year?
with moves as (

    select
        cast(year(as_of_month) as integer) as calendar_year,
        from_segment,
        to_segment,
        cast(sum(clients) as bigint) as client_months
    from {{ ref('mart_segment_migration') }}
    where axis = 'CREDIT'
    group by cast(year(as_of_month) as integer), from_segment, to_segment

)

select
    calendar_year,
    from_segment,
    to_segment,
    client_months,
    cast(sum(client_months) over (partition by calendar_year, from_segment) as bigint) as from_client_months,
    {{ ratio('client_months', 'sum(client_months) over (partition by calendar_year, from_segment)') }} as monthly_share
from moves
order by calendar_year, from_segment, to_segment
