-- How did each segment fare over the last twelve months in approval, hours to the decision, recommendation and satisfaction?
-- The scorecard of a month has too few applications and answers for these rates; a year has more. Counts are added, never
-- rates; decisions are the lender's own, and a client that answers in several months counts in each. NULL is unknown.
{%- set judged = '(counted.approved + counted.declined)' %}
{%- set lenders_decisions = "('APPROVED', 'DECLINED', 'COUNTER_OFFERED')" %}
with reporting as (

    select
        max(as_of_month) as last_month,
        last_day({{ months_later('max(as_of_month)', -12) }}) as month_before
    from {{ ref('dim_month') }}

),

minimum as (

    select limits.minimum_cell
    from {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }} as limits
    inner join reporting
        on limits.as_of_month = reporting.last_month

),

counted as (

    select
        scorecard.axis,
        scorecard.segment_code,
        {% for count in ['approved', 'declined', 'nps_answers', 'promoters', 'detractors', 'csat_answers', 'csat_satisfied'] -%}
        cast(sum(scorecard.{{ count }}) as bigint) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('mart_segment_performance') }} as scorecard
    inner join reporting
        on scorecard.as_of_month > reporting.month_before
    group by scorecard.axis, scorecard.segment_code

),

-- a median of twelve months is not one of twelve medians
timed as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        applications.{{ axis | lower }}_segment as segment_code,
        count(*) as timed_decisions,
        {% for name, quantile in [('median', '0.5'), ('p90', '0.9')] -%}
        cast(round(cast(
            percentile_cont({{ quantile }}) within group (order by cast(applications.business_hours_to_decision as double))
            as decimal(28,10)
        ), 4) as decimal(18,4)) as {{ name }}_business_hours{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_application') }} as applications
    inner join reporting
        on last_day(cast(applications.decided_at as date)) > reporting.month_before
        and last_day(cast(applications.decided_at as date)) <= reporting.last_month
    where applications.decision in {{ lenders_decisions }}
        and applications.business_hours_to_decision is not null
    group by applications.{{ axis | lower }}_segment
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    counted.axis,
    counted.segment_code,
    counted.approved,
    {{ judged }} as judged,
    {{ judged }} < minimum.minimum_cell as is_approval_suppressed,
    {{ when_enough('minimum.minimum_cell', judged, ratio('counted.approved', judged)) }} as approval_rate,
    {{ when_enough('minimum.minimum_cell', judged, wilson_lower('counted.approved', judged)) }} as approval_wilson_lower,
    {{ when_enough('minimum.minimum_cell', judged, wilson_upper('counted.approved', judged)) }} as approval_wilson_upper,
    -- where the scorecard knows of applications, none is none
    case when counted.approved is not null then coalesce(timed.timed_decisions, 0) end as timed_decisions,
    case when counted.approved is not null then coalesce(timed.timed_decisions, 0) end < minimum.minimum_cell as is_time_suppressed,
    {{ when_enough('minimum.minimum_cell', 'timed.timed_decisions', 'timed.median_business_hours') }} as median_business_hours,
    {{ when_enough('minimum.minimum_cell', 'timed.timed_decisions', 'timed.p90_business_hours') }} as p90_business_hours,
    counted.promoters,
    counted.detractors,
    counted.nps_answers,
    counted.nps_answers < minimum.minimum_cell as is_nps_suppressed,
    {{ when_enough('minimum.minimum_cell', 'counted.nps_answers', ratio('counted.promoters - counted.detractors', 'counted.nps_answers')) }} as net_promoter_share,
    counted.csat_satisfied,
    counted.csat_answers,
    counted.csat_answers < minimum.minimum_cell as is_csat_suppressed,
    {{ when_enough('minimum.minimum_cell', 'counted.csat_answers', ratio('counted.csat_satisfied', 'counted.csat_answers')) }} as csat_rate,
    {{ when_enough('minimum.minimum_cell', 'counted.csat_answers', wilson_lower('counted.csat_satisfied', 'counted.csat_answers')) }} as csat_wilson_lower,
    {{ when_enough('minimum.minimum_cell', 'counted.csat_answers', wilson_upper('counted.csat_satisfied', 'counted.csat_answers')) }} as csat_wilson_upper
from counted
cross join minimum
left join timed
    on counted.axis = timed.axis
    and counted.segment_code = timed.segment_code
order by counted.axis, counted.segment_code
