-- From which day on tasks of a requirement were delivered: none before it is unknown, not undone.
-- A building block of mart_monitoring_compliance.
{{ config(schema = 'intermediate') }}
select
    requirements.requirement,
    min(least(tasks.due_on, coalesce(tasks.done_on, tasks.due_on))) as first_task_on
from {{ ref('rule_monitoring_requirement') }} as requirements
left join {{ ref('int_monitoring_task') }} as tasks
    on list_contains({{ split_items('requirements.task_types') }}, tasks.task_type)
group by requirements.requirement
