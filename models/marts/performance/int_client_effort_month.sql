-- Time and monitoring that a client took in a month, whether it has a loan or not.
{{ config(schema = 'intermediate') }}
with spent as (

    select
        identity.client_key,
        last_day(cast(interactions.occurred_at as date)) as as_of_month,
        1 as contacts,
        case when interactions.minutes is null then 1 else 0 end as contacts_without_minutes,
        coalesce(interactions.minutes, 0) as contact_minutes,
        0 as monitoring_tasks
    from {{ ref('stg_crm_interactions') }} as interactions
    inner join {{ ref('int_client_identity') }} as identity
        on interactions.source_system = identity.source_system
        and interactions.client_no = identity.client_no

    union all

    select
        identity.client_key,
        last_day(tasks.done_on) as as_of_month,
        0 as contacts,
        0 as contacts_without_minutes,
        0 as contact_minutes,
        1 as monitoring_tasks
    from {{ ref('stg_monitoring_tasks') }} as tasks
    inner join {{ ref('int_client_identity') }} as identity
        on tasks.source_system = identity.source_system
        and tasks.client_no = identity.client_no
    where tasks.done_on is not null

)

select
    client_key,
    as_of_month,
    cast(sum(contacts) as bigint) as contacts,
    cast(sum(contacts_without_minutes) as bigint) as contacts_without_minutes,
    cast(sum(contact_minutes) as decimal(28,6)) as contact_minutes,
    cast(sum(monitoring_tasks) as bigint) as monitoring_tasks
from spent
group by client_key, as_of_month
