-- From which day on it is known how much effort was spent: nothing of a kind is none only from the first in the delivery.
-- A building block of mart_resource_allocation and mart_effort_concentration.
{{ config(schema = 'intermediate') }}
select
    (select min(cast(occurred_at as date)) from {{ ref('stg_crm_interactions') }}) as first_contact_on,
    (select min(done_on) from {{ ref('stg_monitoring_tasks') }}) as first_task_on,
    (select min(month_end) from {{ ref('stg_marketing_costs') }}) as first_cost_on
