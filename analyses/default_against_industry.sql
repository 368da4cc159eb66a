-- Do the tiers default less than the industry with the same mix, in the newest cohort that is over?
select
    segment_code,
    cohort_month,
    performing,
    defaulted,
    default_rate,
    wilson_lower,
    wilson_upper,
    benchmark_rate,
    against_benchmark,
    is_suppressed
from {{ ref('mart_segment_default_cohort') }}
where axis = 'CREDIT'
    and cohort_month = (select max(cohort_month) from {{ ref('mart_segment_default_cohort') }} where is_mature)
order by segment_code
