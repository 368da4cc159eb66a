-- The scorecard of every segment, month by month. Stocks (clients, exposure, portfolio at risk) stand in the segment of
-- that month end; what happened in the month (due, paid, written off) stands in the segment that the client held at the
-- month end before, so that no outcome is measured in the window that assigned the segment. A client that is not in the
-- grid of a month (it has left, or its loan is older than its registration) keeps the last segment it had by then, else
-- its first.
{%- set stocks = ['exposure', 'par30', 'par60', 'par90', 'non_performing', 'unknown_days'] %}
{%- set flows = ['due', 'paid_on_time', 'collected', 'written_off'] %}
with exposure as (

    select * from {{ ref('int_client_exposure_month') }}

),

{% for axis, model in [('INDUSTRY', 'seg_industry'), ('SIZE', 'seg_size')] -%}
{{ axis | lower }}_segment as (

    select client_key, as_of_month, final_segment
    from {{ ref(model) }}

),

{{ axis | lower }}_exposure as (

    select
        exposure.*,
        stock.final_segment as stock_segment,
        flow.final_segment as flow_segment
    from exposure
    left join {{ axis | lower }}_segment as stock
        on exposure.client_key = stock.client_key
        and exposure.as_of_month = stock.as_of_month
    left join {{ axis | lower }}_segment as flow
        on exposure.client_key = flow.client_key
        and last_day({{ months_later('exposure.as_of_month', -1) }}) = flow.as_of_month

),

-- only the months that found no segment look further
{{ axis | lower }}_nearest as (

    select
        missing.client_key,
        missing.as_of_month,
        coalesce(
            {{ last_known('held.final_segment', 'held.as_of_month') }} filter (where held.as_of_month <= missing.as_of_month),
            {{ first_known('held.final_segment', 'held.as_of_month') }}
        ) as stock_segment,
        coalesce(
            {{ last_known('held.final_segment', 'held.as_of_month') }} filter (where held.as_of_month < missing.as_of_month),
            {{ first_known('held.final_segment', 'held.as_of_month') }}
        ) as flow_segment
    from {{ axis | lower }}_exposure as missing
    inner join {{ axis | lower }}_segment as held
        on missing.client_key = held.client_key
    where missing.stock_segment is null or missing.flow_segment is null
    group by missing.client_key, missing.as_of_month

),

{{ axis | lower }}_placed as (

    select
        placed.client_key,
        placed.as_of_month,
        placed.live_loans,
        {% for measure in stocks + flows -%}
        placed.{{ measure }}_amount,
        {% endfor -%}
        coalesce(placed.stock_segment, nearest.stock_segment, 'UNKNOWN') as stock_segment,
        coalesce(placed.flow_segment, nearest.flow_segment, 'UNKNOWN') as flow_segment
    from {{ axis | lower }}_exposure as placed
    left join {{ axis | lower }}_nearest as nearest
        on placed.client_key = nearest.client_key
        and placed.as_of_month = nearest.as_of_month

),

{{ axis | lower }}_measured as (

    select
        final_segment as segment_code,
        as_of_month,
        count(*) as clients,
        0 as borrowers,
        0 as live_loans,
        {% for measure in stocks + flows -%}
        0 as {{ measure }}_amount{{ ',' if not loop.last }}
        {% endfor %}
    from {{ axis | lower }}_segment
    group by final_segment, as_of_month

    union all

    select
        stock_segment as segment_code,
        as_of_month,
        0 as clients,
        count(*) filter (where exposure_amount > 0) as borrowers,
        sum(live_loans) as live_loans,
        {% for measure in stocks -%}
        sum({{ measure }}_amount) as {{ measure }}_amount,
        {% endfor -%}
        {% for measure in flows -%}
        0 as {{ measure }}_amount{{ ',' if not loop.last }}
        {% endfor %}
    from {{ axis | lower }}_placed
    group by stock_segment, as_of_month

    union all

    select
        flow_segment as segment_code,
        as_of_month,
        0 as clients,
        0 as borrowers,
        0 as live_loans,
        {% for measure in stocks -%}
        0 as {{ measure }}_amount,
        {% endfor -%}
        {% for measure in flows -%}
        sum({{ measure }}_amount) as {{ measure }}_amount{{ ',' if not loop.last }}
        {% endfor %}
    from {{ axis | lower }}_placed
    group by flow_segment, as_of_month

),

{% endfor -%}
together as (

    select 'INDUSTRY' as axis, industry_measured.* from industry_measured
    union all
    select 'SIZE' as axis, size_measured.* from size_measured

),

summed as (

    select
        axis,
        segment_code,
        as_of_month,
        {% for measure in ['clients', 'borrowers', 'live_loans'] -%}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
        {% endfor -%}
        {% for measure in stocks + flows -%}
        cast(sum({{ measure }}_amount) as decimal(18,2)) as {{ measure }}_amount{{ ',' if not loop.last }}
        {% endfor %}
    from together
    group by axis, segment_code, as_of_month

)

select
    axis,
    segment_code,
    as_of_month,
    clients,
    borrowers,
    live_loans,
    exposure_amount,
    par30_amount,
    {{ ratio('par30_amount', 'exposure_amount') }} as par30_rate,
    par60_amount,
    {{ ratio('par60_amount', 'exposure_amount') }} as par60_rate,
    par90_amount,
    {{ ratio('par90_amount', 'exposure_amount') }} as par90_rate,
    non_performing_amount,
    {{ ratio('non_performing_amount', 'exposure_amount') }} as non_performing_rate,
    unknown_days_amount,
    due_amount,
    paid_on_time_amount,
    {{ ratio('paid_on_time_amount', 'due_amount') }} as on_time_rate,
    collected_amount,
    {{ ratio('collected_amount', 'due_amount') }} as current_repayment_rate,
    written_off_amount
from summed
