-- The segments in which a client with loans counts at a month end: stock_ for what stands at the month end, flow_ for what
-- happened in the month, which is the segment held at the month end before, so that no outcome is measured in the window
-- that assigned the segment. A client that is not in the grid of a month (it has left, or its loan is older than its
-- registration) keeps the last segment it had by then, else its first.
-- It stands with the marts because it reads one.
{{ config(schema = 'intermediate') }}
with active as (

    select client_key, as_of_month
    from {{ ref('int_client_exposure_month') }}
    union
    -- a loan that was repaid early still matures on its day
    select client_key, matured_month
    from {{ ref('int_loan_maturity') }}
    union
    -- an instalment paid ahead falls due even after its loan has left the book
    select client_key, due_month
    from {{ ref('int_repayment_to_date') }}

),

segments as (

    select * from {{ ref('fct_client_segment_month') }}

),

placed as (

    select
        active.client_key,
        active.as_of_month,
        stock.client_key is null or flow.client_key is null as is_incomplete,
        {% for axis in segment_axes() | map('lower') -%}
        stock.{{ axis }}_segment as stock_{{ axis }},
        flow.{{ axis }}_segment as flow_{{ axis }}{{ ',' if not loop.last }}
        {% endfor %}
    from active
    left join segments as stock
        on active.client_key = stock.client_key
        and active.as_of_month = stock.as_of_month
    left join segments as flow
        on active.client_key = flow.client_key
        and last_day({{ months_later('active.as_of_month', -1) }}) = flow.as_of_month

),

-- only the months that found no segment look further
nearest as (

    select
        missing.client_key,
        missing.as_of_month,
        {% for axis in segment_axes() | map('lower') -%}
        {% set held = 'held.' ~ axis ~ '_segment' -%}
        coalesce(
            {{ last_known(held, 'held.as_of_month') }} filter (where held.as_of_month <= missing.as_of_month),
            {{ first_known(held, 'held.as_of_month') }}
        ) as stock_{{ axis }},
        coalesce(
            {{ last_known(held, 'held.as_of_month') }} filter (where held.as_of_month < missing.as_of_month),
            {{ first_known(held, 'held.as_of_month') }}
        ) as flow_{{ axis }}{{ ',' if not loop.last }}
        {% endfor %}
    from (select * from placed where is_incomplete) as missing
    inner join segments as held
        on missing.client_key = held.client_key
    group by missing.client_key, missing.as_of_month

)

select
    placed.client_key,
    placed.as_of_month,
    {% for axis in segment_axes() | map('lower') -%}
    coalesce(placed.stock_{{ axis }}, nearest.stock_{{ axis }}, 'UNKNOWN') as stock_{{ axis }},
    coalesce(placed.flow_{{ axis }}, nearest.flow_{{ axis }}, 'UNKNOWN') as flow_{{ axis }}{{ ',' if not loop.last }}
    {% endfor %}
from placed
left join nearest
    on placed.client_key = nearest.client_key
    and placed.as_of_month = nearest.as_of_month
