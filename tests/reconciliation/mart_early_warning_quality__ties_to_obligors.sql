-- Every signal stands against all performing obligors of the month end and their defaults (int_client_default_cohort); the
-- row of a signal adds up its own months. Every month with a performing obligor has its row of the whole score.
with obligor as (

    select
        as_of_month,
        count(*) as performing,
        count(defaulted_on) as defaulted,
        bool_and(is_mature) as is_mature
    from {{ ref('int_client_default_cohort') }}
    where is_performing
    group by as_of_month

),

pooled as (

    select
        signal_code,
        sum(mature_warnings) as mature_warnings,
        sum(correct_warnings) as correct_warnings,
        count(*) filter (where is_mature and observed > 0) as cohort_months
    from {{ ref('mart_early_warning_quality') }}
    group by signal_code

)

select
    'obligors' as problem,
    quality.signal_code,
    quality.cohort_month
from {{ ref('mart_early_warning_quality') }} as quality
left join obligor
    on quality.cohort_month = obligor.as_of_month
where quality.performing is distinct from obligor.performing
    or quality.is_mature is distinct from obligor.is_mature
    or quality.defaulted is distinct from case when obligor.is_mature then obligor.defaulted end
    or quality.not_defaulted is distinct from case when obligor.is_mature then obligor.performing - obligor.defaulted end

union all

select
    'month without the whole score' as problem,
    null as signal_code,
    obligor.as_of_month as cohort_month
from obligor
left join (
    select quality.cohort_month
    from {{ ref('mart_early_warning_quality') }} as quality
    inner join {{ ref('dim_warning_signal') }} as signals
        on quality.signal_code = signals.signal_code
    where signals.is_whole_score
) as measured
    on obligor.as_of_month = measured.cohort_month
where measured.cohort_month is null

union all

select
    'sum of the months' as problem,
    signals.signal_code,
    signals.last_cohort_month as cohort_month
from {{ ref('mart_early_warning_signal') }} as signals
left join pooled
    on signals.signal_code = pooled.signal_code
where signals.mature_warnings is distinct from pooled.mature_warnings
    or signals.correct_warnings is distinct from pooled.correct_warnings
    or signals.cohort_months is distinct from coalesce(pooled.cohort_months, 0)
