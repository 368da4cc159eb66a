-- from the client-months themselves, not from the mart: the month before and the month after of every client
with steps as (

    select
        months.as_of_month,
        lag(months.as_of_month) over (order by months.as_of_month) as previous_month
    from marts.dim_month as months

),

moves as (

    select
        before.credit_segment as from_segment,
        after.credit_segment as to_segment
    from steps
    inner join marts.fct_client_segment_month as after on steps.as_of_month = after.as_of_month
    left join marts.fct_client_segment_month as before
        on after.client_key = before.client_key and steps.previous_month = before.as_of_month
    where steps.previous_month is not null
    union all
    select
        before.credit_segment as from_segment,
        null as to_segment
    from steps
    inner join marts.fct_client_segment_month as before on steps.previous_month = before.as_of_month
    left join marts.fct_client_segment_month as after
        on before.client_key = after.client_key and steps.as_of_month = after.as_of_month
    where after.client_key is null

),

named as (

    select
        moves.to_segment,
        moves.from_segment,
        names.name_en || ' ' || names.name_zh as from_name
    from moves
    left join marts.dim_segment as names
        on names.axis = 'CREDIT' and moves.from_segment = names.segment_code

)

select
    case when to_segment is null then 'EXIT' else to_segment end as moved_to,
    case when from_segment is null then 'ENTRY' else from_name end as moved_from,
    count(*) as clients
from named
group by to_segment, from_segment, from_name
