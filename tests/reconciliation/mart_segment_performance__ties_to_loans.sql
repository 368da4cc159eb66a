-- Per axis and month the segments add up to the loans: nothing is lost on the way, nothing counts twice.
with loans as (

    select
        as_of_month,
        sum(outstanding_amount) as exposure_amount,
        sum(case when days_past_due > 30 then outstanding_amount else 0 end) as par30_amount,
        sum(due_amount) as due_amount,
        sum(paid_on_time_amount) as paid_on_time_amount,
        sum(collected_amount) as collected_amount,
        sum(written_off_amount) as written_off_amount
    from {{ ref('fct_loan_month') }}
    group by as_of_month

),

axes as (

    {% for axis in segment_axes() -%}
    select '{{ axis }}' as axis {{ 'union all' if not loop.last }}
    {% endfor %}

),

segments as (

    select
        axis,
        as_of_month,
        sum(exposure_amount) as exposure_amount,
        sum(par30_amount) as par30_amount,
        sum(due_amount) as due_amount,
        sum(paid_on_time_amount) as paid_on_time_amount,
        sum(collected_amount) as collected_amount,
        sum(written_off_amount) as written_off_amount
    from {{ ref('mart_segment_performance') }}
    group by axis, as_of_month

)

select axes.axis, loans.as_of_month, loans.exposure_amount, segments.exposure_amount as segments_exposure_amount
from loans
cross join axes
left join segments
    on axes.axis = segments.axis
    and loans.as_of_month = segments.as_of_month
where loans.exposure_amount is distinct from segments.exposure_amount
    or loans.par30_amount is distinct from segments.par30_amount
    or loans.due_amount is distinct from segments.due_amount
    or loans.paid_on_time_amount is distinct from segments.paid_on_time_amount
    or loans.collected_amount is distinct from segments.collected_amount
    or loans.written_off_amount is distinct from segments.written_off_amount
