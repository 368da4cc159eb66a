-- Twelve-month default of every segment: of the obligors that performed at a month end, how many defaulted in the twelve
-- months after it, against the rate that the industry had for the same mix of sectors and sizes (domain.md section 1f).
-- A cohort whose twelve months are not over shows what is known so far, and no rate.
with cohort as (

    select
        obligors.*,
        -- the exposure at the month end, not at default
        case when obligors.defaulted_on is not null then obligors.exposure_amount else 0 end as defaulted_exposure,
        {% for axis in segment_axes() | map('lower') -%}
        segments.{{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_client_default_cohort') }} as obligors
    inner join {{ ref('fct_client_segment_month') }} as segments
        on obligors.client_key = segments.client_key
        and obligors.as_of_month = segments.as_of_month
    where obligors.is_performing

),

counted as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        {{ axis | lower }}_segment as segment_code,
        as_of_month as cohort_month,
        bool_and(is_mature) as is_mature,
        count(*) as performing,
        count(defaulted_on) as defaulted,
        sum(exposure_amount) as exposure_amount,
        sum(defaulted_exposure) as defaulted_exposure_amount,
        count(benchmark_rate) as benchmark_obligors,
        sum(benchmark_rate) as benchmark_defaults
    from cohort
    group by {{ axis | lower }}_segment, as_of_month
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

judged as (

    select
        counted.*,
        counted.performing < limits.minimum_cell as is_suppressed,
        counted.is_mature and counted.performing >= limits.minimum_cell as is_shown,
        counted.benchmark_obligors >= limits.minimum_cell as has_benchmark
    from counted
    inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }} as limits
        on counted.cohort_month = limits.as_of_month

),

rated as (

    select
        *,
        case when is_shown then {{ wilson_lower('defaulted', 'performing') }} end as wilson_lower,
        case when is_shown then {{ wilson_upper('defaulted', 'performing') }} end as wilson_upper,
        case when has_benchmark then {{ ratio('benchmark_defaults', 'benchmark_obligors') }} end as benchmark_rate
    from judged

)

select
    axis,
    segment_code,
    cohort_month,
    is_mature,
    is_suppressed,
    cast(performing as bigint) as performing,
    cast(defaulted as bigint) as defaulted,
    case when is_shown then {{ ratio('defaulted', 'performing') }} end as default_rate,
    wilson_lower,
    wilson_upper,
    cast(exposure_amount as decimal(28,2)) as exposure_amount,
    cast(defaulted_exposure_amount as decimal(28,2)) as defaulted_exposure_amount,
    case when is_shown then {{ ratio('defaulted_exposure_amount', 'exposure_amount') }} end as default_rate_by_exposure,
    cast(benchmark_obligors as bigint) as benchmark_obligors,
    cast(coalesce(benchmark_defaults, 0) as decimal(28,6)) as benchmark_defaults,
    benchmark_rate,
    case
        when wilson_upper < benchmark_rate then 'BELOW'
        when wilson_lower > benchmark_rate then 'ABOVE'
        when wilson_lower is not null and benchmark_rate is not null then 'NOT_DISTINGUISHABLE'
    end as against_benchmark
from rated
