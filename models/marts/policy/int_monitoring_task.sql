-- Every monitoring task with its client and what had become of it by the reporting date. A task due on that day may still be
-- done, and what is done after it is not done yet.
-- A building block of mart_monitoring_compliance.
{{ config(schema = 'intermediate') }}
with task as (

    select
        tasks.task_no,
        identity.client_key,
        tasks.task_type,
        tasks.due_on,
        case when tasks.done_on <= reporting.as_of_date then tasks.done_on end as done_on,
        reporting.as_of_date
    from {{ ref('stg_monitoring_tasks') }} as tasks
    inner join {{ ref('int_client_identity') }} as identity
        on tasks.source_system = identity.source_system
        and tasks.client_no = identity.client_no
    cross join {{ ref('stg_reporting_window') }} as reporting

)

select
    task_no,
    client_key,
    task_type,
    due_on,
    done_on,
    last_day(due_on) as as_of_month,
    case
        when done_on <= due_on then 'ON_TIME'
        when done_on > due_on then 'LATE'
        when due_on >= as_of_date then 'NOT_YET_DUE'
        else 'OVERDUE'
    end as outcome
from task
