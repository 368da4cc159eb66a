-- Applications by segment and month, three views side by side that do not add up with each other: what was decided in the
-- month (segments at decision), what was still open at the month end (segments of that month end), and what was submitted
-- in the month and became of it so far (segments at submission). A building block of mart_segment_performance; it stands
-- with the marts because it reads one.
{{ config(schema = 'intermediate') }}
with months as (

    select as_of_month from {{ ref('int_month') }}

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
        cast(null as integer) as open_days
    from {{ ref('fct_application') }} as applications
    inner join months
        on last_day(cast(applications.decided_at as date)) = months.as_of_month
    where applications.is_decided

),

submitted as (

    select
        applications.client_key,
        months.as_of_month,
        last_day({{ months_later('cast(applications.submitted_at as date)', -1) }}) as segment_month,
        applications.decision,
        applications.requested_amount,
        applications.approved_amount
    from {{ ref('fct_application') }} as applications
    inner join months
        on last_day(cast(applications.submitted_at as date)) = months.as_of_month

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
        decision,
        requested_amount,
        approved_amount,
        null as business_hours,
        null as calendar_hours,
        null as open_days
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
        open_days
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
    {% for decision in ['APPROVED', 'DECLINED', 'PENDING'] -%}
    count(*) filter (where event = 'SUBMITTED' and decision = '{{ decision }}') as submitted_{{ 'undecided' if decision == 'PENDING' else decision | lower }},
    {% endfor -%}
    count(*) filter (where event = 'SUBMITTED' and decision in ('WITHDRAWN', 'EXPIRED', 'COUNTER_OFFERED')) as submitted_otherwise_decided
from together
group by {{ axis | lower }}_segment, as_of_month
{{ 'union all' if not loop.last }}
{% endfor %}
