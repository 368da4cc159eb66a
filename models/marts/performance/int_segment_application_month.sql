-- Applications by segment and month, three views side by side that do not add up with each other: what was decided in the
-- month (segments at decision), what was still open at the month end (segments of that month end), and what was submitted
-- in the month and became of it in the same number of days for each (segments at submission): a cohort is mature when they
-- are over for its youngest application, so that early and late ones compare. A building block of
-- mart_segment_performance; it stands with the marts because it reads one.
{{ config(schema = 'intermediate') }}
with months as (

    select as_of_month from {{ ref('int_month') }}

),

parameter as (

    select
        limits.as_of_month,
        cast(limits.window_days as integer) as window_days,
        reporting.last_month
    from {{ rule_values(ref('rule_relationship_parameter'), 'parameter_id', {'window_days': ['DECISION_WINDOW_DAYS', 'parameter_value']}) }} as limits
    cross join {{ ref('stg_reporting_window') }} as reporting

),

decided as (

    select
        'DECIDED' as event,
        months.as_of_month,
        {% for axis in segment_axes() | map('lower') -%}
        applications.{{ axis }}_segment,
        {% endfor -%}
        applications.decision,
        applications.requested_amount,
        applications.approved_amount,
        -- the lender's own decisions: what the client withdrew or let expire took no decision
        case when applications.decision in ('APPROVED', 'DECLINED', 'COUNTER_OFFERED') then applications.business_hours_to_decision end as business_hours,
        case when applications.decision in ('APPROVED', 'DECLINED', 'COUNTER_OFFERED') then applications.calendar_hours_to_decision end as calendar_hours,
        cast(null as integer) as open_days,
        cast(null as boolean) as is_mature,
        cast(null as varchar) as outcome
    from {{ ref('fct_application') }} as applications
    inner join months
        on last_day(cast(applications.decided_at as date)) = months.as_of_month
    where applications.is_decided

),

submitted as (

    select
        applications.client_key,
        parameter.as_of_month,
        last_day({{ months_later('cast(applications.submitted_at as date)', -1) }}) as segment_month,
        applications.requested_amount,
        {{ days_later('parameter.as_of_month', 'parameter.window_days') }} <= parameter.last_month as is_mature,
        case
            when not applications.is_decided then 'UNDECIDED'
            -- decided, nobody knows whether in time
            when applications.decided_at is null then 'UNDATED'
            when cast(applications.decided_at as date) > {{ days_later('cast(applications.submitted_at as date)', 'parameter.window_days') }}
                then 'DECIDED_LATE'
            when applications.decision in ('APPROVED', 'DECLINED') then applications.decision
            else 'OTHERWISE_DECIDED'
        end as outcome
    from {{ ref('fct_application') }} as applications
    inner join parameter
        on last_day(cast(applications.submitted_at as date)) = parameter.as_of_month

),

{{ segments_as_of('submitted') }},

-- open at the month end: submitted by then and not decided by then. One that is decided, nobody knows when, is in no backlog.
pending as (

    select
        applications.client_key,
        months.as_of_month,
        months.as_of_month as segment_month,
        applications.decision,
        applications.requested_amount,
        {{ days_between('cast(applications.submitted_at as date)', 'months.as_of_month') }} as open_days
    from {{ ref('fct_application') }} as applications
    inner join months
        on cast(applications.submitted_at as date) <= months.as_of_month
        and months.as_of_month < coalesce(cast(applications.decided_at as date), date '9999-12-31')
    where not applications.is_decided or applications.decided_at is not null

),

{{ segments_as_of('pending') }},

together as (

    select * from decided

    union all

    select
        'SUBMITTED' as event,
        as_of_month,
        {% for axis in segment_axes() | map('lower') -%}
        {{ axis }}_segment,
        {% endfor -%}
        null as decision,
        requested_amount,
        null as approved_amount,
        null as business_hours,
        null as calendar_hours,
        null as open_days,
        is_mature,
        outcome
    from submitted_placed

    union all

    select
        'PENDING' as event,
        as_of_month,
        {% for axis in segment_axes() | map('lower') -%}
        {{ axis }}_segment,
        {% endfor -%}
        decision,
        requested_amount,
        null as approved_amount,
        null as business_hours,
        null as calendar_hours,
        open_days,
        null as is_mature,
        null as outcome
    from pending_placed

)

{% for axis in segment_axes() -%}
select
    '{{ axis }}' as axis,
    {{ axis | lower }}_segment as segment_code,
    as_of_month,
    count(*) filter (where event = 'DECIDED') as decided,
    {% for decision in ['APPROVED', 'DECLINED', 'WITHDRAWN', 'EXPIRED', 'COUNTER_OFFERED'] -%}
    count(*) filter (where event = 'DECIDED' and decision = '{{ decision }}') as {{ decision | lower }},
    {% endfor -%}
    cast(coalesce(sum(requested_amount) filter (where event = 'DECIDED'), 0) as decimal(28,2)) as requested_amount,
    cast(coalesce(sum(requested_amount) filter (where event = 'DECIDED' and decision = 'APPROVED'), 0) as decimal(28,2)) as approved_requested_amount,
    cast(coalesce(sum(requested_amount) filter (where event = 'DECIDED' and decision = 'DECLINED'), 0) as decimal(28,2)) as declined_requested_amount,
    cast(coalesce(sum(approved_amount) filter (where event = 'DECIDED' and decision = 'APPROVED'), 0) as decimal(28,2)) as approved_amount,
    count(business_hours) as timed_decisions,
    {% for clock in ['business', 'calendar'] -%}
    {% for name, quantile in [('median', '0.5'), ('p90', '0.9')] -%}
    cast(round(cast(
        percentile_cont({{ quantile }}) within group (order by cast({{ clock }}_hours as double)) as decimal(28,10)
    ), 4) as decimal(18,4)) as {{ name }}_{{ clock }}_hours,
    {% endfor -%}
    {% endfor -%}
    count(*) filter (where event = 'PENDING') as pending,
    cast(coalesce(sum(requested_amount) filter (where event = 'PENDING'), 0) as decimal(28,2)) as pending_amount,
    cast(max(open_days) as integer) as oldest_pending_days,
    count(*) filter (where event = 'SUBMITTED') as submitted,
    {% for outcome in ['APPROVED', 'DECLINED', 'OTHERWISE_DECIDED', 'DECIDED_LATE', 'UNDATED', 'UNDECIDED'] -%}
    count(*) filter (where event = 'SUBMITTED' and outcome = '{{ outcome }}') as submitted_{{ outcome | lower }},
    {% endfor -%}
    bool_and(is_mature) filter (where event = 'SUBMITTED') as is_submission_mature
from together
group by {{ axis | lower }}_segment, as_of_month
{{ 'union all' if not loop.last }}
{% endfor %}
