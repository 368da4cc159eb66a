select
    names.name_en || ' ' || names.name_zh as segment,
    cohorts.cohort_month,
    cohorts.performing,
    cohorts.defaulted,
    case when not cohorts.is_suppressed then round(cohorts.defaulted / cohorts.performing, 6) end as default_rate,
    cohorts.wilson_lower,
    cohorts.wilson_upper,
    cohorts.benchmark_rate,
    cohorts.is_suppressed
from marts.mart_segment_default_cohort as cohorts
inner join marts.dim_segment as names
    on cohorts.axis = names.axis and cohorts.segment_code = names.segment_code
where
    cohorts.axis = 'CREDIT'
    and cohorts.cohort_month = (
        select max(mature.cohort_month) from marts.mart_segment_default_cohort as mature where mature.is_mature
    )
