-- Monitoring after lending, review and check of the use of funds in every segment: tasks done on time of those due, and
-- whether clients and drawings were looked at as policy asked at the decision. All stand in the segment that the client held
-- at the month end before.
{%- set counts = [
    'tasks_due', 'tasks_on_time', 'tasks_late', 'tasks_overdue', 'tasks_not_yet_due', 'subjects', 'subjects_unknown',
    'subjects_not_asked', 'subjects_not_yet_due', 'subjects_tested', 'subjects_kept',
] %}
with task as (

    select
        tasks.client_key,
        tasks.as_of_month,
        requirements.requirement,
        case when tasks.outcome <> 'NOT_YET_DUE' then 1 else 0 end as tasks_due,
        case when tasks.outcome = 'ON_TIME' then 1 else 0 end as tasks_on_time,
        case when tasks.outcome = 'LATE' then 1 else 0 end as tasks_late,
        case when tasks.outcome = 'OVERDUE' then 1 else 0 end as tasks_overdue,
        case when tasks.outcome = 'NOT_YET_DUE' then 1 else 0 end as tasks_not_yet_due,
        0 as subjects,
        0 as subjects_unknown,
        0 as subjects_not_asked,
        0 as subjects_not_yet_due,
        0 as subjects_tested,
        0 as subjects_kept,
        0 as subjects_asked
    from {{ ref('int_monitoring_task') }} as tasks
    inner join {{ ref('rule_monitoring_requirement') }} as requirements
        on list_contains({{ split_items('requirements.task_types') }}, tasks.task_type)
        and tasks.due_on >= requirements.valid_from
        and tasks.due_on < requirements.valid_to

),

-- of a client policy asks the look itself, of a drawing a share of one
watched as (

    select
        client_key,
        as_of_month,
        requirement,
        status,
        cast(1 as decimal(18,6)) as asked_share
    from {{ ref('int_client_monitoring_month') }}
    union all
    select
        client_key,
        as_of_month,
        'USE_OF_FUNDS',
        status,
        asked_share
    from {{ ref('int_drawing_check') }}

),

subject as (

    select
        *,
        list_contains(['IN_TIME', 'CHECKED'], status) as is_kept,
        list_contains(['IN_TIME', 'CHECKED', 'OVERDUE', 'NOT_CHECKED'], status) as is_tested
    from watched

),

event as (

    select * from task
    union all
    select
        client_key,
        as_of_month,
        requirement,
        0,
        0,
        0,
        0,
        0,
        1,
        case when list_contains(['NOT_DELIVERED', 'NO_POLICY'], status) then 1 else 0 end,
        case when status = 'NOT_ASKED' then 1 else 0 end,
        case when status = 'NOT_YET_DUE' then 1 else 0 end,
        case when is_tested then 1 else 0 end,
        case when is_kept then 1 else 0 end,
        case when is_tested then asked_share else 0 end
    from subject

),

client as (

    select
        event.client_key,
        event.requirement,
        event.as_of_month,
        last_day({{ months_later('event.as_of_month', -1) }}) as segment_month,
        {% for measure in counts -%}
        sum(event.{{ measure }}) as {{ measure }},
        {% endfor -%}
        sum(event.subjects_asked) as subjects_asked
    from event
    -- what lies outside the history has no segment
    inner join {{ ref('int_month') }} as months
        on event.as_of_month = months.as_of_month
    group by event.client_key, event.requirement, event.as_of_month

),

{{ segments_as_of('client') }},

counted as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        {{ axis | lower }}_segment as segment_code,
        as_of_month,
        requirement,
        {% for measure in counts -%}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
        {% endfor -%}
        cast(sum(subjects_asked) as decimal(28,6)) as subjects_asked
    from client_placed
    group by {{ axis | lower }}_segment, as_of_month, requirement
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- no task is none only since the first delivery
known as (

    select
        counted.* exclude (tasks_due, tasks_on_time, tasks_late, tasks_overdue, tasks_not_yet_due, subjects_kept),
        requirements.subject,
        requirements.name_en,
        requirements.name_zh,
        limits.minimum_cell,
        {{ month_number('counted.as_of_month') }} as month_number,
        {% for measure in ['tasks_due', 'tasks_on_time', 'tasks_late', 'tasks_overdue', 'tasks_not_yet_due', 'subjects_kept'] -%}
        case when delivery.first_task_on <= counted.as_of_month then counted.{{ measure }} end as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from counted
    inner join {{ ref('rule_monitoring_requirement') }} as requirements
        on counted.requirement = requirements.requirement
        and counted.as_of_month >= requirements.valid_from
        and counted.as_of_month < requirements.valid_to
    inner join {{ ref('int_monitoring_delivery') }} as delivery
        on counted.requirement = delivery.requirement
    inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }} as limits
        on counted.as_of_month = limits.as_of_month

),

-- a month has few tasks: a year of them, each in the segment of its own month before
year as (

    select
        *,
        cast(sum(tasks_due) over of_year as bigint) as tasks_due_12m,
        cast(sum(tasks_on_time) over of_year as bigint) as tasks_on_time_12m
    from known
    window of_year as (
        partition by axis, segment_code, requirement order by month_number range between 11 preceding and current row
    )

)

select
    axis,
    segment_code,
    as_of_month,
    requirement,
    subject,
    name_en,
    name_zh,
    tasks_due,
    tasks_on_time,
    tasks_late,
    tasks_overdue,
    tasks_not_yet_due,
    coalesce(tasks_due, 0) < minimum_cell as is_on_time_suppressed,
    {{ when_enough('minimum_cell', 'tasks_due', ratio('tasks_on_time', 'tasks_due')) }} as on_time_rate,
    {{ when_enough('minimum_cell', 'tasks_due', wilson_lower('tasks_on_time', 'tasks_due')) }} as on_time_wilson_lower,
    {{ when_enough('minimum_cell', 'tasks_due', wilson_upper('tasks_on_time', 'tasks_due')) }} as on_time_wilson_upper,
    tasks_due_12m,
    tasks_on_time_12m,
    coalesce(tasks_due_12m, 0) < minimum_cell as is_on_time_12m_suppressed,
    {{ when_enough('minimum_cell', 'tasks_due_12m', ratio('tasks_on_time_12m', 'tasks_due_12m')) }} as on_time_rate_12m,
    {{ when_enough('minimum_cell', 'tasks_due_12m', wilson_lower('tasks_on_time_12m', 'tasks_due_12m')) }} as on_time_12m_wilson_lower,
    {{ when_enough('minimum_cell', 'tasks_due_12m', wilson_upper('tasks_on_time_12m', 'tasks_due_12m')) }} as on_time_12m_wilson_upper,
    subjects,
    subjects_unknown,
    subjects_not_asked,
    subjects_not_yet_due,
    subjects_tested,
    subjects_kept,
    subjects_asked,
    subjects_tested < minimum_cell as is_kept_suppressed,
    {{ when_enough('minimum_cell', 'subjects_tested', ratio('subjects_kept', 'subjects_tested')) }} as kept_rate,
    {{ when_enough('minimum_cell', 'subjects_tested', wilson_lower('subjects_kept', 'subjects_tested')) }} as kept_wilson_lower,
    {{ when_enough('minimum_cell', 'subjects_tested', wilson_upper('subjects_kept', 'subjects_tested')) }} as kept_wilson_upper,
    {{ when_enough('minimum_cell', 'subjects_tested', ratio('subjects_asked', 'subjects_tested')) }} as asked_rate
from year
