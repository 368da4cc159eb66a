-- What the scorecard says of defaults is what the cohorts say, segment by segment, and no cohort is missing there.
select
    coalesce(cohorts.axis, scores.axis) as axis,
    coalesce(cohorts.segment_code, scores.segment_code) as segment_code,
    coalesce(cohorts.cohort_month, scores.as_of_month) as as_of_month,
    cohorts.performing,
    scores.performing as scores_performing,
    cohorts.defaulted,
    scores.defaulted as scores_defaulted
from {{ ref('mart_segment_default_cohort') }} as cohorts
full join {{ ref('mart_segment_performance') }} as scores
    on cohorts.axis = scores.axis
    and cohorts.segment_code = scores.segment_code
    and cohorts.cohort_month = scores.as_of_month
where coalesce(cohorts.performing, 0) <> coalesce(scores.performing, 0)
    or coalesce(cohorts.defaulted, 0) <> coalesce(scores.defaulted, 0)
    or cohorts.default_rate is distinct from scores.default_rate
    or cohorts.is_mature is distinct from scores.is_default_mature
