-- Every axis holds every delivered task of the history once under each requirement that it answers, on time as the dates of
-- the delivery say, every client with a balance at every month end, and every loan that paid money out.
with window_of as (

    select
        min(months.as_of_month) as first_month,
        max(months.as_of_month) as last_month,
        max(reporting.as_of_date) as as_of_date
    from {{ ref('int_month') }} as months
    cross join {{ ref('stg_reporting_window') }} as reporting

),

held as (

    select
        axes.axis,
        requirements.requirement,
        cast(coalesce(sum(compliance.tasks_due + compliance.tasks_not_yet_due), 0) as bigint) as tasks,
        cast(coalesce(sum(compliance.tasks_on_time), 0) as bigint) as tasks_on_time,
        cast(coalesce(sum(compliance.tasks_overdue), 0) as bigint) as tasks_overdue,
        cast(coalesce(sum(compliance.subjects), 0) as bigint) as subjects
    from (select distinct axis from {{ ref('ref_segment') }}) as axes
    cross join (select distinct requirement from {{ ref('rule_monitoring_requirement') }}) as requirements
    left join {{ ref('mart_monitoring_compliance') }} as compliance
        on axes.axis = compliance.axis
        and requirements.requirement = compliance.requirement
    group by axes.axis, requirements.requirement

),

delivered as (

    select
        requirements.requirement,
        count(*) as tasks,
        count(*) filter (where tasks.done_on <= tasks.due_on and tasks.done_on <= window_of.as_of_date) as tasks_on_time,
        count(*) filter (
            where coalesce(tasks.done_on, date '9999-12-31') > window_of.as_of_date and tasks.due_on < window_of.as_of_date
        ) as tasks_overdue
    from {{ ref('stg_monitoring_tasks') }} as tasks
    cross join window_of
    inner join {{ ref('rule_monitoring_requirement') }} as requirements
        on list_contains({{ split_items('requirements.task_types') }}, tasks.task_type)
        and tasks.due_on >= requirements.valid_from
        and tasks.due_on < requirements.valid_to
    where last_day(tasks.due_on) between window_of.first_month and window_of.last_month
    group by requirements.requirement

),

owing as (

    select count(*) as subjects
    from (
        select client_key, as_of_month
        from {{ ref('fct_loan_month') }}
        group by client_key, as_of_month
        having sum(outstanding_amount) > 0
    ) as client_months

),

drawn as (

    select count(*) as subjects
    from {{ ref('int_loan') }} as loans
    cross join window_of
    left join {{ ref('int_loan_renewal') }} as renewals
        on loans.loan_key = renewals.loan_key
    where renewals.loan_key is null
        and last_day(loans.disbursed_on) between window_of.first_month and window_of.last_month

)

select
    held.*,
    delivered.tasks as delivered_tasks,
    delivered.tasks_on_time as delivered_on_time,
    delivered.tasks_overdue as delivered_overdue,
    case when held.requirement = 'USE_OF_FUNDS' then drawn.subjects else owing.subjects end as expected_subjects
from held
cross join owing
cross join drawn
left join delivered
    on held.requirement = delivered.requirement
where held.tasks <> coalesce(delivered.tasks, 0)
    or held.tasks_on_time <> coalesce(delivered.tasks_on_time, 0)
    or held.tasks_overdue <> coalesce(delivered.tasks_overdue, 0)
    or held.subjects <> case when held.requirement = 'USE_OF_FUNDS' then drawn.subjects else owing.subjects end
