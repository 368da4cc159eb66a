-- Per axis and month the segments add up to the loans: nothing is lost on the way, nothing counts twice.
with loans as (

    select
        as_of_month,
        sum(outstanding_amount) as exposure_amount,
        sum(case when days_past_due > 30 then outstanding_amount else 0 end) as par30_amount,
        sum(case when days_past_due > 60 then outstanding_amount else 0 end) as par60_amount,
        sum(case when days_past_due > 90 then outstanding_amount else 0 end) as par90_amount,
        sum(case when is_non_performing then outstanding_amount else 0 end) as non_performing_amount,
        sum(case when days_past_due is null then outstanding_amount else 0 end) as unknown_days_amount,
        count(*) filter (where outstanding_amount > 0) as live_loans,
        count(distinct client_key) filter (where outstanding_amount > 0) as borrowers,
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
        sum(par60_amount) as par60_amount,
        sum(par90_amount) as par90_amount,
        sum(non_performing_amount) as non_performing_amount,
        sum(unknown_days_amount) as unknown_days_amount,
        sum(live_loans) as live_loans,
        sum(borrowers) as borrowers,
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
    or loans.par60_amount is distinct from segments.par60_amount
    or loans.par90_amount is distinct from segments.par90_amount
    or loans.non_performing_amount is distinct from segments.non_performing_amount
    or loans.unknown_days_amount is distinct from segments.unknown_days_amount
    or loans.live_loans is distinct from segments.live_loans
    or loans.borrowers is distinct from segments.borrowers
    or loans.due_amount is distinct from segments.due_amount
    or loans.paid_on_time_amount is distinct from segments.paid_on_time_amount
    or loans.collected_amount is distinct from segments.collected_amount
    or loans.written_off_amount is distinct from segments.written_off_amount
