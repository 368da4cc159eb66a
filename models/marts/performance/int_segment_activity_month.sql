-- How much the clients of a segment use the lender, month by month: days online, drawdowns of the year, products. Clients
-- of the grid of the month, under the segments that they held at the month end before.
{{ monthly_model() }}
{{ config(schema = 'intermediate') }}
with grid as (

    select client_key, as_of_month
    from {{ ref('int_client_month') }}
    where as_of_month >= {{ first_rebuilt_month() }}

),

held as (

    select
        client_key,
        last_day({{ months_later('as_of_month', 1) }}) as as_of_month,
        {% for axis in segment_axes() | map('lower') -%}
        {{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_client_segment_month') }}
    where as_of_month >= {{ month_before_rebuilt() }}

),

-- nobody online is none only since online events have been delivered at all
delivered as (

    select cast(min(occurred_at) as date) as first_event_on
    from {{ ref('stg_digital_events') }}

),

-- a day lies in the 30 days of the end of its month or of the next one
online as (

    select
        days.client_key,
        months.as_of_month,
        count(*) as active_days
    from {{ ref('int_client_online_day') }} as days
    cross join {{ number_series('0', '1') }} as steps
    inner join {{ ref('int_month') }} as months
        on {{ month_number('days.online_on') }} + steps.step = months.month_number
    where not days.is_robot_day
        and {{ days_between('days.online_on', 'months.as_of_month') }} < 30
        and months.as_of_month >= {{ first_rebuilt_month() }}
    group by days.client_key, months.as_of_month

),

facility as (

    select
        identity.client_key,
        months.as_of_month,
        facilities.product_code
    from {{ ref('stg_facilities') }} as facilities
    inner join {{ ref('int_client_identity') }} as identity
        on facilities.source_system = identity.source_system
        and facilities.client_no = identity.client_no
    inner join {{ ref('int_month') }} as months
        on facilities.started_on <= months.as_of_month
        and coalesce(facilities.expires_on, date '9999-12-31') >= months.as_of_month
    where facilities.product_code is not null
        and months.as_of_month >= {{ first_rebuilt_month() }}

),

-- a product is held while a loan of it lives or a line of it is open
product as (

    select
        client_key,
        as_of_month,
        count(*) as products
    from (
        select client_key, as_of_month, product_code
        from {{ ref('int_loan_month') }}
        where loan_state = 'LIVE'
            and product_code is not null
            and as_of_month >= {{ first_rebuilt_month() }}

        union

        select client_key, as_of_month, product_code
        from facility
    ) as holding
    group by client_key, as_of_month

),

-- all six axes at once: the combinations of segments are few, the clients many
combined as (

    select
        grid.as_of_month,
        {% for axis in segment_axes() | map('lower') -%}
        coalesce(held.{{ axis }}_segment, 'NOT_YET_CLIENT') as {{ axis }}_segment,
        {% endfor -%}
        count(*) as clients,
        sum(case when delivered.first_event_on <= grid.as_of_month then coalesce(online.active_days, 0) end) as active_days,
        count(*) filter (where draws.draws_12m >= 1) as borrowers,
        count(*) filter (where draws.draws_12m >= 2) as repeat_borrowers,
        count(*) filter (where product.products > 0) as product_holders,
        sum(coalesce(product.products, 0)) as products
    from grid
    cross join delivered
    left join held
        on grid.client_key = held.client_key
        and grid.as_of_month = held.as_of_month
    left join online
        on grid.client_key = online.client_key
        and grid.as_of_month = online.as_of_month
    left join {{ ref('int_client_draw_month') }} as draws
        on grid.client_key = draws.client_key
        and grid.as_of_month = draws.as_of_month
    left join product
        on grid.client_key = product.client_key
        and grid.as_of_month = product.as_of_month
    group by all

)

{% for axis in segment_axes() -%}
select
    '{{ axis }}' as axis,
    {{ axis | lower }}_segment as segment_code,
    as_of_month,
    cast(sum(clients) as bigint) as clients,
    cast(sum(active_days) as bigint) as active_days_30,
    cast(sum(borrowers) as bigint) as borrowers,
    cast(sum(repeat_borrowers) as bigint) as repeat_borrowers,
    cast(sum(product_holders) as bigint) as product_holders,
    cast(sum(products) as bigint) as products_held
from combined
group by {{ axis | lower }}_segment, as_of_month
{{ 'union all' if not loop.last }}
{% endfor %}
