-- How concentrated the book is: the share of each segment, and of single obligors within it (domain.md section 1f). What
-- stands at a month end counts in the segment of that month end (int_client_placement_month).
with obligor as (

    select
        placement.*,
        cast(exposure.exposure_amount as decimal(18,2)) as exposure_amount
    from {{ ref('int_client_placement_month') }} as placement
    inner join {{ ref('int_client_exposure_month') }} as exposure
        on placement.client_key = exposure.client_key
        and placement.as_of_month = exposure.as_of_month
    where exposure.exposure_amount > 0

),

ranked as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        stock_{{ axis | lower }} as segment_code,
        as_of_month,
        exposure_amount,
        row_number() over (
            partition by stock_{{ axis | lower }}, as_of_month order by exposure_amount desc, client_key asc
        ) as place
    from obligor
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

measured as (

    select
        axis,
        segment_code,
        as_of_month,
        count(*) as obligors,
        cast(sum(exposure_amount) as decimal(28,2)) as exposure_amount,
        cast(sum(case when place <= 10 then exposure_amount else 0 end) as decimal(28,2)) as top_ten_amount,
        {{ hhi('exposure_amount') }} as obligor_hhi
    from ranked
    group by axis, segment_code, as_of_month

),

axis_measured as (

    select
        axis,
        as_of_month,
        count(*) as segments,
        cast(sum(exposure_amount) as decimal(28,2)) as book_amount,
        {{ hhi('exposure_amount') }} as axis_hhi
    from measured
    group by axis, as_of_month

)

select
    measured.axis,
    measured.segment_code,
    measured.as_of_month,
    cast(measured.obligors as bigint) as obligors,
    measured.exposure_amount,
    axis_measured.book_amount,
    {{ ratio('measured.exposure_amount', 'axis_measured.book_amount') }} as book_share,
    measured.top_ten_amount,
    {{ ratio('measured.top_ten_amount', 'measured.exposure_amount') }} as top_ten_share,
    measured.obligor_hhi,
    {{ normalised_hhi('measured.obligor_hhi', 'measured.obligors') }} as obligor_hhi_normalised,
    cast(axis_measured.segments as bigint) as axis_segments,
    axis_measured.axis_hhi,
    {{ normalised_hhi('axis_measured.axis_hhi', 'axis_measured.segments') }} as axis_hhi_normalised
from measured
inner join axis_measured
    on measured.axis = axis_measured.axis
    and measured.as_of_month = axis_measured.as_of_month
