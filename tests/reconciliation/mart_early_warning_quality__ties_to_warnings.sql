-- The whole score is mart_early_warning: month by month as many flagged, as many new, as many of these right; and a new
-- warning has one outcome, whichever of the two tables is asked. Signals are those that mart_early_warning names.
with warned as (

    select
        as_of_month,
        count(*) as flagged,
        count(*) filter (where is_new) as new_warnings,
        count(*) filter (where is_new and is_mature) as mature_warnings,
        count(*) filter (where is_new and has_defaulted) as correct_warnings
    from {{ ref('mart_early_warning') }}
    group by as_of_month

),

measured as (

    select quality.*
    from {{ ref('mart_early_warning_quality') }} as quality
    inner join {{ ref('dim_warning_signal') }} as signals
        on quality.signal_code = signals.signal_code
    where signals.is_whole_score

)

select
    'counts of the whole score' as problem,
    coalesce(warned.as_of_month, measured.cohort_month) as as_of_month,
    cast(null as bigint) as client_key
from warned
full join measured
    on warned.as_of_month = measured.cohort_month
where coalesce(warned.flagged, 0) is distinct from measured.flagged
    or coalesce(warned.new_warnings, 0) is distinct from measured.new_warnings
    or coalesce(warned.mature_warnings, 0) is distinct from coalesce(measured.mature_warnings, 0)
    or coalesce(warned.correct_warnings, 0) is distinct from coalesce(measured.correct_warnings, 0)

union all

select
    'start or outcome of a warning' as problem,
    warnings.as_of_month,
    warnings.client_key
from {{ ref('mart_early_warning') }} as warnings
left join (
    select outcomes.*
    from {{ ref('int_client_warning_outcome') }} as outcomes
    inner join {{ ref('dim_warning_signal') }} as signals
        on outcomes.signal_code = signals.signal_code
    where signals.is_whole_score
) as outcomes
    on warnings.client_key = outcomes.client_key
    and warnings.as_of_month = outcomes.as_of_month
where warnings.is_new is distinct from outcomes.is_new
    or warnings.is_new and (
        warnings.is_mature is distinct from outcomes.is_mature
        or warnings.defaulted_on is distinct from outcomes.defaulted_on
        or warnings.lead_days is distinct from outcomes.lead_days
    )

union all

select
    'signals of a warning' as problem,
    warnings.as_of_month,
    warnings.client_key
from {{ ref('mart_early_warning') }} as warnings
left join (
    select
        outcomes.client_key,
        outcomes.as_of_month,
        count(*) as signal_count
    from {{ ref('int_client_warning_outcome') }} as outcomes
    inner join {{ ref('dim_warning_signal') }} as signals
        on outcomes.signal_code = signals.signal_code
    where not signals.is_whole_score
    group by outcomes.client_key, outcomes.as_of_month
) as shown
    on warnings.client_key = shown.client_key
    and warnings.as_of_month = shown.as_of_month
where warnings.signal_count is distinct from shown.signal_count
