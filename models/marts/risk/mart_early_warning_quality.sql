-- Were the early warnings right? For every signal, and for the whole score, by the month end of the warning: how often a
-- new one was followed by a default, how many defaults it had foreseen, how many days ahead, against what befell every
-- performing obligor of the same month end. Outcomes come strictly after it and are shown when their twelve months are over.
with cohort as (

    select
        as_of_month as cohort_month,
        bool_and(is_mature) as is_mature,
        count(*) as performing,
        count(defaulted_on) as defaulted
    from {{ ref('int_client_default_cohort') }}
    where is_performing
    group by as_of_month

),

known as (

    select
        features.as_of_month as cohort_month,
        {% for feature in warning_features() -%}
        count(features.feature_{{ feature }}) as {{ feature }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_client_warning_feature_month') }} as features
    inner join {{ ref('int_client_default_cohort') }} as obligors
        on features.client_key = obligors.client_key
        and features.as_of_month = obligors.as_of_month
    where obligors.is_performing
    group by features.as_of_month

),

watched as (

    select
        rules.signal_code,
        known.cohort_month,
        case rules.feature
            {% for feature in warning_features() -%}
            when '{{ feature }}' then known.{{ feature }}
            {% endfor %}
        end as observed
    from known
    inner join {{ ref('rule_early_warning_signal') }} as rules
        on known.cohort_month >= rules.valid_from
        and known.cohort_month < rules.valid_to

    union all

    -- every borrower has a score: what is not known adds nothing to it
    select
        whole.signal_code,
        cohort.cohort_month,
        cohort.performing as observed
    from cohort
    inner join {{ ref('dim_warning_signal') }} as whole
        on whole.is_whole_score

),

shown as (

    select
        signal_code,
        as_of_month as cohort_month,
        count(*) as flagged,
        count(defaulted_on) as flagged_defaulted,
        count(*) filter (where is_decisive) as decisive,
        count(defaulted_on) filter (where is_decisive) as decisive_defaulted,
        count(*) filter (where is_new) as new_warnings,
        count(defaulted_on) filter (where is_new) as correct_warnings,
        {% for name, quantile in [('median', '0.5'), ('p10', '0.1'), ('p90', '0.9')] -%}
        cast(round(cast(
            percentile_cont({{ quantile }}) within group (order by case when is_new then cast(lead_days as double) end)
            as decimal(28,10)
        ), 1) as decimal(18,1)) as {{ name }}_lead_days{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_client_warning_outcome') }}
    group by signal_code, as_of_month

),

-- what nobody could show is not known; what somebody could and nobody did is none
counted as (

    select
        watched.signal_code,
        watched.cohort_month,
        cohort.is_mature,
        limits.minimum_cell,
        cohort.performing,
        watched.observed,
        {% for measure in ['flagged', 'decisive', 'new_warnings'] -%}
        case when watched.observed > 0 then coalesce(shown.{{ measure }}, 0) end as {{ measure }},
        {% endfor -%}
        case when cohort.is_mature then cohort.defaulted end as defaulted,
        {% for measure in ['flagged_defaulted', 'decisive_defaulted', 'correct_warnings'] -%}
        case when cohort.is_mature and watched.observed > 0 then coalesce(shown.{{ measure }}, 0) end as {{ measure }},
        {% endfor -%}
        shown.median_lead_days,
        shown.p10_lead_days,
        shown.p90_lead_days
    from watched
    inner join cohort
        on watched.cohort_month = cohort.cohort_month
    inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }} as limits
        on watched.cohort_month = limits.as_of_month
    left join shown
        on watched.signal_code = shown.signal_code
        and watched.cohort_month = shown.cohort_month

),

judged as (

    select
        *,
        case when is_mature then new_warnings end as mature_warnings,
        performing - defaulted as not_defaulted,
        flagged - flagged_defaulted as flagged_not_defaulted
    from counted

)

select
    signal_code,
    cohort_month,
    is_mature,
    cast(minimum_cell as integer) as minimum_cell,
    cast(performing as bigint) as performing,
    cast(observed as bigint) as observed,
    cast(flagged as bigint) as flagged,
    cast(new_warnings as bigint) as new_warnings,
    cast(mature_warnings as bigint) as mature_warnings,
    cast(correct_warnings as bigint) as correct_warnings,
    coalesce(new_warnings, 0) < minimum_cell as is_suppressed,
    {{ when_enough('minimum_cell', 'mature_warnings', ratio('correct_warnings', 'mature_warnings')) }} as precision_rate,
    {{ when_enough('minimum_cell', 'mature_warnings', wilson_lower('correct_warnings', 'mature_warnings')) }} as precision_wilson_lower,
    {{ when_enough('minimum_cell', 'mature_warnings', wilson_upper('correct_warnings', 'mature_warnings')) }} as precision_wilson_upper,
    cast(defaulted as bigint) as defaulted,
    {{ when_enough('minimum_cell', 'performing', ratio('defaulted', 'performing')) }} as base_rate,
    {{ when_enough('minimum_cell', 'mature_warnings', ratio('cast(correct_warnings as double) * performing', 'cast(mature_warnings as double) * defaulted')) }} as lift,
    cast(flagged_defaulted as bigint) as flagged_defaulted,
    {{ when_enough('minimum_cell', 'defaulted', ratio('flagged_defaulted', 'defaulted')) }} as recall_rate,
    {{ when_enough('minimum_cell', 'defaulted', wilson_lower('flagged_defaulted', 'defaulted')) }} as recall_wilson_lower,
    {{ when_enough('minimum_cell', 'defaulted', wilson_upper('flagged_defaulted', 'defaulted')) }} as recall_wilson_upper,
    {{ when_enough('minimum_cell', 'flagged', ratio('flagged_defaulted', 'flagged')) }} as flagged_default_rate,
    cast(flagged_not_defaulted as bigint) as flagged_not_defaulted,
    cast(not_defaulted as bigint) as not_defaulted,
    {{ when_enough('minimum_cell', 'not_defaulted', ratio('flagged_not_defaulted', 'not_defaulted')) }} as false_positive_rate,
    cast(decisive as bigint) as decisive,
    cast(decisive_defaulted as bigint) as decisive_defaulted,
    {{ when_enough('minimum_cell', 'decisive', ratio('decisive_defaulted', 'decisive')) }} as decisive_default_rate,
    {{ when_enough('minimum_cell', 'correct_warnings', 'median_lead_days') }} as median_lead_days,
    {{ when_enough('minimum_cell', 'correct_warnings', 'p10_lead_days') }} as p10_lead_days,
    {{ when_enough('minimum_cell', 'correct_warnings', 'p90_lead_days') }} as p90_lead_days
from judged
