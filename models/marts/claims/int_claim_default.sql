-- Claims about default within twelve months, by client: obligors that performed at a month end and what became of them.
-- Cohorts lie twelve months apart, from the newest whose year is over backwards: no month of outcome counts twice.
{{ config(schema = 'intermediate') }}
with parameter as (

    select cast(limits.lead_days as integer) as lead_days
    from {{ ref('stg_reporting_window') }} as reporting
    inner join {{ rule_values(ref('rule_claim_parameter'), 'parameter_id', {'lead_days': ['LEAD_DAYS', 'parameter_value']}) }} as limits
        on reporting.last_month = limits.as_of_month

),

newest as (

    select max(as_of_month) as newest_month
    from {{ ref('int_client_default_cohort') }}
    where is_mature

),

cohort as (

    select
        obligors.client_key,
        obligors.as_of_month,
        last_day({{ months_later('obligors.as_of_month', 12) }}) as outcome_month,
        obligors.defaulted_on,
        obligors.benchmark_rate,
        warnings.client_key is not null as is_flagged,
        {% for axis in segment_axes() | map('lower') -%}
        segments.{{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_client_default_cohort') }} as obligors
    inner join newest
        on mod({{ month_number('newest.newest_month') }} - {{ month_number('obligors.as_of_month') }}, 12) = 0
    inner join {{ ref('fct_client_segment_month') }} as segments
        on obligors.client_key = segments.client_key
        and obligors.as_of_month = segments.as_of_month
    left join {{ ref('mart_early_warning') }} as warnings
        on obligors.client_key = warnings.client_key
        and obligors.as_of_month = warnings.as_of_month
    where obligors.is_performing
        and obligors.is_mature

),

placed as (

    select
        claims.claim_id,
        claims.design,
        {{ arm_of_claim(segment_of_claim('cohort.{axis}_segment')) }} as arm,
        cohort.client_key,
        cohort.as_of_month,
        cohort.outcome_month,
        cohort.defaulted_on,
        cohort.benchmark_rate
    from cohort
    inner join {{ ref('int_claim') }} as claims
        on claims.metric_code = 'DEFAULT_RATE_12M'

),

claimed as (

    select
        claim_id,
        arm,
        client_key as cluster_key,
        as_of_month,
        outcome_month,
        case when defaulted_on is not null then 1 else 0 end as numerator
    from placed

    union all

    -- what the industry would have had with the same obligors
    select
        claim_id,
        'REFERENCE' as arm,
        client_key as cluster_key,
        as_of_month,
        outcome_month,
        benchmark_rate as numerator
    from placed
    where design = 'SEGMENT_AGAINST_BENCHMARK'
        and arm = 'SUBJECT'
        and benchmark_rate is not null

    union all

    -- were those that were flagged the ones that defaulted?
    select
        claims.claim_id,
        case when cohort.is_flagged then 'SUBJECT' else 'REFERENCE' end as arm,
        cohort.client_key as cluster_key,
        cohort.as_of_month,
        cohort.outcome_month,
        case when cohort.defaulted_on is not null then 1 else 0 end as numerator
    from cohort
    inner join {{ ref('int_claim') }} as claims
        on claims.metric_code = 'WARNING_PRECISION'

    union all

    -- were those that defaulted flagged, and early enough?
    select
        claims.claim_id,
        case
            when cohort.defaulted_on is null then 'REFERENCE'
            when {{ days_between('cohort.as_of_month', 'cohort.defaulted_on') }} >= parameter.lead_days then 'SUBJECT'
        end as arm,
        cohort.client_key as cluster_key,
        cohort.as_of_month,
        cohort.outcome_month,
        case when cohort.is_flagged then 1 else 0 end as numerator
    from cohort
    cross join parameter
    inner join {{ ref('int_claim') }} as claims
        on claims.metric_code = 'WARNING_LEAD_TIME'

),

counted as (

    select
        claim_id,
        arm,
        'ALL' as period,
        cluster_key,
        as_of_month as window_from,
        outcome_month as window_to,
        1 as observations,
        numerator,
        1 as denominator
    from claimed

)

{{ summed_by_cluster('counted') }}
