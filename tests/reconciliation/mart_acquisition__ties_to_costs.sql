-- On every axis the cost of mart_acquisition is the cost that was delivered, to the cent, channel by channel, what won
-- nobody included; the same for leads. Costs after the reporting month are not known yet.
with spent as (

    select channel, sum(cost) as cost_amount, sum(coalesce(leads, 0)) as leads
    from {{ ref('stg_marketing_costs') }}
    where last_day(month_end) <= (select max(as_of_month) from {{ ref('int_month') }})
    group by channel

),

axes as (

    select distinct axis from {{ ref('dim_segment') }}

),

shown as (

    select axis, channel, sum(cost_amount) as cost_amount, sum(leads) as leads
    from {{ ref('mart_acquisition') }}
    group by axis, channel

),

expected as (

    select axes.axis, spent.channel, spent.cost_amount, spent.leads
    from spent
    cross join axes

)

select
    coalesce(expected.axis, shown.axis) as axis,
    coalesce(expected.channel, shown.channel) as channel,
    expected.cost_amount,
    shown.cost_amount as shown_cost_amount
from expected
full outer join shown
    on expected.axis = shown.axis
    and expected.channel = shown.channel
where coalesce(expected.cost_amount, 0) <> coalesce(shown.cost_amount, 0)
    or coalesce(expected.leads, 0) <> coalesce(shown.leads, 0)
