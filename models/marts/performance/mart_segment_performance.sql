-- The scorecard of every segment, month by month. Stocks (clients, exposure, portfolio at risk) stand in the segment of
-- that month end; what happened in the month (due, paid, written off) stands in the segment that the client held at the
-- month end before, so that no outcome is measured in the window that assigned the segment.
with exposure as (

    select * from {{ ref('int_client_exposure_month') }}

),

{% for axis, model in [('INDUSTRY', 'seg_industry'), ('SIZE', 'seg_size')] -%}
{{ axis | lower }}_segment as (

    select
        client_key,
        as_of_month,
        final_segment,
        min(as_of_month) over (partition by client_key) as first_month,
        max(as_of_month) over (partition by client_key) as last_month
    from {{ ref(model) }}

),

-- a client that has left, or whose loan is older than its registration, keeps its nearest segment
{{ axis | lower }}_edge as (

    select
        client_key,
        max(final_segment) filter (where as_of_month = first_month) as first_segment,
        max(final_segment) filter (where as_of_month = last_month) as last_segment,
        max(last_month) as last_month
    from {{ axis | lower }}_segment
    where as_of_month = first_month or as_of_month = last_month
    group by client_key

),

{{ axis | lower }}_stock as (

    select
        '{{ axis }}' as axis,
        coalesce(held.final_segment, case when exposure.as_of_month > edge.last_month then edge.last_segment else edge.first_segment end, 'UNKNOWN') as segment_code,
        coalesce(held.as_of_month, exposure.as_of_month) as as_of_month,
        count(held.client_key) as clients,
        count(*) filter (where exposure.exposure_amount > 0) as borrowers,
        sum(exposure.live_loans) as live_loans,
        sum(exposure.exposure_amount) as exposure_amount,
        sum(exposure.par30_amount) as par30_amount,
        sum(exposure.par60_amount) as par60_amount,
        sum(exposure.par90_amount) as par90_amount,
        sum(exposure.non_performing_amount) as non_performing_amount,
        sum(exposure.unknown_days_amount) as unknown_days_amount,
        0 as due_amount,
        0 as paid_on_time_amount,
        0 as collected_amount,
        0 as written_off_amount
    from {{ axis | lower }}_segment as held
    full join exposure
        on held.client_key = exposure.client_key
        and held.as_of_month = exposure.as_of_month
    left join {{ axis | lower }}_edge as edge
        on exposure.client_key = edge.client_key
    group by 1, 2, 3

),

{{ axis | lower }}_flow as (

    select
        '{{ axis }}' as axis,
        coalesce(held.final_segment, case when exposure.as_of_month > edge.last_month then edge.last_segment else edge.first_segment end, 'UNKNOWN') as segment_code,
        exposure.as_of_month,
        0 as clients,
        0 as borrowers,
        0 as live_loans,
        0 as exposure_amount,
        0 as par30_amount,
        0 as par60_amount,
        0 as par90_amount,
        0 as non_performing_amount,
        0 as unknown_days_amount,
        sum(exposure.due_amount) as due_amount,
        sum(exposure.paid_on_time_amount) as paid_on_time_amount,
        sum(exposure.collected_amount) as collected_amount,
        sum(exposure.written_off_amount) as written_off_amount
    from exposure
    left join {{ axis | lower }}_segment as held
        on exposure.client_key = held.client_key
        and exposure.as_of_month = last_day({{ months_later('held.as_of_month', 1) }})
    left join {{ axis | lower }}_edge as edge
        on exposure.client_key = edge.client_key
    group by 1, 2, 3

),

{% endfor -%}
together as (

    select * from industry_stock
    union all
    select * from industry_flow
    union all
    select * from size_stock
    union all
    select * from size_flow

),

summed as (

    select
        axis,
        segment_code,
        as_of_month,
        {% for measure in ['clients', 'borrowers', 'live_loans'] -%}
        cast(coalesce(sum({{ measure }}), 0) as bigint) as {{ measure }},
        {% endfor -%}
        {% for measure in ['exposure', 'par30', 'par60', 'par90', 'non_performing', 'unknown_days', 'due', 'paid_on_time', 'collected', 'written_off'] -%}
        cast(coalesce(sum({{ measure }}_amount), 0) as decimal(18,2)) as {{ measure }}_amount{{ ',' if not loop.last }}
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
