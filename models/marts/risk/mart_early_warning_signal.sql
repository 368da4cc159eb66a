-- Which signals earn their weight: the quality of every signal, and of the whole score, over all cohorts whose twelve
-- months are over. New warnings count each once. Obligors at a month end (recall, false positives, decisive flags) come
-- from cohorts twelve months apart, from the newest whose year is over backwards: no default counts twice.
with reporting as (

    select
        reporting.last_month,
        limits.minimum_cell
    from {{ ref('stg_reporting_window') }} as reporting
    inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }} as limits
        on reporting.last_month = limits.as_of_month

),

-- only months in which the signal could be seen speak of it
mature as (

    select
        quality.*,
        mod({{ month_number('reporting.last_month') }} - {{ month_number('quality.cohort_month') }}, 12) = 0 as is_yearly
    from {{ ref('mart_early_warning_quality') }} as quality
    cross join reporting
    where quality.is_mature
        and quality.observed > 0

),

pooled as (

    select
        signal_code,
        min(cohort_month) as first_cohort_month,
        max(cohort_month) as last_cohort_month,
        count(*) as cohort_months,
        sum(mature_warnings) as mature_warnings,
        sum(correct_warnings) as correct_warnings,
        -- rounded as it is shown, so that rates follow from what is shown
        cast(sum(cast(cast(mature_warnings * defaulted as double) / performing as decimal(28,10))) as decimal(28,6)) as expected_defaults,
        count(*) filter (where is_yearly) as yearly_cohorts,
        {% for measure in ['performing', 'observed', 'flagged', 'defaulted', 'flagged_defaulted', 'flagged_not_defaulted', 'not_defaulted', 'decisive', 'decisive_defaulted'] -%}
        sum({{ measure }}) filter (where is_yearly) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from mature
    group by signal_code

),

lead_time as (

    select
        signal_code,
        {% for name, quantile in [('median', '0.5'), ('p10', '0.1'), ('p90', '0.9')] -%}
        cast(round(cast(
            percentile_cont({{ quantile }}) within group (order by cast(lead_days as double)) as decimal(28,10)
        ), 1) as decimal(18,1)) as {{ name }}_lead_days{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_client_warning_outcome') }}
    where is_new
        and is_mature
        and defaulted_on is not null
    group by signal_code

),

rated as (

    select
        signals.signal_code,
        signals.is_whole_score,
        signals.is_in_force,
        signals.weight,
        cast(reporting.minimum_cell as integer) as minimum_cell,
        pooled.first_cohort_month,
        pooled.last_cohort_month,
        cast(coalesce(pooled.cohort_months, 0) as bigint) as cohort_months,
        cast(pooled.mature_warnings as bigint) as mature_warnings,
        cast(pooled.correct_warnings as bigint) as correct_warnings,
        coalesce(pooled.mature_warnings, 0) < reporting.minimum_cell as is_suppressed,
        {{ when_enough('reporting.minimum_cell', 'pooled.mature_warnings', ratio('pooled.correct_warnings', 'pooled.mature_warnings')) }} as precision_rate,
        {{ when_enough('reporting.minimum_cell', 'pooled.mature_warnings', wilson_lower('pooled.correct_warnings', 'pooled.mature_warnings')) }} as precision_wilson_lower,
        {{ when_enough('reporting.minimum_cell', 'pooled.mature_warnings', wilson_upper('pooled.correct_warnings', 'pooled.mature_warnings')) }} as precision_wilson_upper,
        pooled.expected_defaults,
        {{ when_enough('reporting.minimum_cell', 'pooled.mature_warnings', ratio('pooled.expected_defaults', 'pooled.mature_warnings')) }} as base_rate,
        {{ when_enough('reporting.minimum_cell', 'pooled.mature_warnings', ratio('pooled.correct_warnings', 'pooled.expected_defaults')) }} as lift,
        cast(coalesce(pooled.yearly_cohorts, 0) as bigint) as yearly_cohorts,
        {% for measure in ['performing', 'observed', 'flagged', 'defaulted', 'flagged_defaulted'] -%}
        cast(pooled.{{ measure }} as bigint) as {{ measure }},
        {% endfor -%}
        {{ when_enough('reporting.minimum_cell', 'pooled.defaulted', ratio('pooled.flagged_defaulted', 'pooled.defaulted')) }} as recall_rate,
        {{ when_enough('reporting.minimum_cell', 'pooled.defaulted', wilson_lower('pooled.flagged_defaulted', 'pooled.defaulted')) }} as recall_wilson_lower,
        {{ when_enough('reporting.minimum_cell', 'pooled.defaulted', wilson_upper('pooled.flagged_defaulted', 'pooled.defaulted')) }} as recall_wilson_upper,
        cast(pooled.flagged_not_defaulted as bigint) as flagged_not_defaulted,
        cast(pooled.not_defaulted as bigint) as not_defaulted,
        {{ when_enough('reporting.minimum_cell', 'pooled.not_defaulted', ratio('pooled.flagged_not_defaulted', 'pooled.not_defaulted')) }} as false_positive_rate,
        cast(pooled.decisive as bigint) as decisive,
        cast(pooled.decisive_defaulted as bigint) as decisive_defaulted,
        {{ when_enough('reporting.minimum_cell', 'pooled.decisive', ratio('pooled.decisive_defaulted', 'pooled.decisive')) }} as decisive_default_rate,
        {{ when_enough('reporting.minimum_cell', 'pooled.correct_warnings', 'lead_time.median_lead_days') }} as median_lead_days,
        {{ when_enough('reporting.minimum_cell', 'pooled.correct_warnings', 'lead_time.p10_lead_days') }} as p10_lead_days,
        {{ when_enough('reporting.minimum_cell', 'pooled.correct_warnings', 'lead_time.p90_lead_days') }} as p90_lead_days
    from {{ ref('dim_warning_signal') }} as signals
    cross join reporting
    left join pooled
        on signals.signal_code = pooled.signal_code
    left join lead_time
        on signals.signal_code = lead_time.signal_code

)

select
    *,
    case
        when precision_wilson_lower > base_rate then 'ABOVE'
        when precision_wilson_upper < base_rate then 'BELOW'
        when precision_rate is not null and base_rate is not null then 'NOT_DISTINGUISHABLE'
    end as against_base
from rated
