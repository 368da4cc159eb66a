-- Since when a client has borrowed and when it last drew, from one month with a drawdown to the next. A month before a
-- client's first span knows no loan of it.
with borrowed as (

    select
        client_key,
        last_day(drawn_on) as from_month,
        max(case when not is_renewal then drawn_on end) as drawn_on
    from {{ ref('int_draw') }}
    group by client_key, last_day(drawn_on)

)

select
    client_key,
    from_month,
    coalesce(lead(from_month) over in_order, date '9999-12-31') as to_month,
    -- a renewal keeps the day of the draw before it
    max(drawn_on) over (
        partition by client_key order by from_month rows between unbounded preceding and current row
    ) as last_drawn_on
from borrowed
window in_order as (partition by client_key order by from_month)
