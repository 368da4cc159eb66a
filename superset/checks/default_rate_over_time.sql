select
    cohorts.cohort_month,
    cast(sum(cohorts.defaulted) as double) / cast(sum(cohorts.performing) as double) as value
from marts.mart_segment_default_cohort as cohorts
where cohorts.axis = 'CREDIT' and cohorts.is_mature
group by cohorts.cohort_month
