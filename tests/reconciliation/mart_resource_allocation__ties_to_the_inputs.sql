-- Every axis holds every contact with its minutes, task, campaign yuan, opening balance, undrawn limit and what follows from
-- them in the months of the history once. What is unknown before its first delivery hides nothing.
with months as (

    select min(as_of_month) as first_month, max(as_of_month) as last_month from {{ ref('int_month') }}

),

allocated as (

    select
        axis,
        cast(coalesce(sum(contacts), 0) as bigint) as contacts,
        coalesce(sum(contact_minutes), 0) as contact_minutes,
        cast(coalesce(sum(monitoring_tasks), 0) as bigint) as monitoring_tasks,
        coalesce(sum(marketing_cost_amount), 0) as marketing_cost_amount,
        sum(exposure_amount) as exposure_amount,
        sum(undrawn_amount) as undrawn_amount,
        cast(sum(lines_of_unknown_worth) as bigint) as lines_of_unknown_worth,
        sum(exposure_at_default_amount) as exposure_at_default_amount,
        sum(interest_amount) as interest_amount,
        sum(capital_amount) as capital_amount
    from {{ ref('mart_resource_allocation') }}
    group by axis

),

contacts as (

    select
        count(*) as contacts,
        coalesce(sum(interactions.minutes), 0) as contact_minutes
    from {{ ref('stg_crm_interactions') }} as interactions
    cross join months
    where last_day(cast(interactions.occurred_at as date)) between months.first_month and months.last_month

),

tasks as (

    select count(*) as monitoring_tasks
    from {{ ref('stg_monitoring_tasks') }} as tasks
    cross join months
    where last_day(tasks.done_on) between months.first_month and months.last_month

),

costs as (

    select coalesce(sum(acquisition.cost_amount), 0) as marketing_cost_amount
    from {{ ref('mart_acquisition') }} as acquisition
    cross join months
    where acquisition.axis = 'SIZE'
        and acquisition.as_of_month between months.first_month and months.last_month

),

balances as (

    select coalesce(sum(balances.outstanding_amount), 0) as exposure_amount
    from {{ ref('fct_loan_month') }} as balances
    cross join months
    where balances.as_of_month < months.last_month

),

lines as (

    select
        coalesce(sum(lines.undrawn_amount), 0) as undrawn_amount,
        count(*) filter (where lines.limit_amount is null) as lines_of_unknown_worth
    from {{ ref('int_facility_month') }} as lines
    cross join months
    where lines.as_of_month < months.last_month

),

earnings as (

    select
        coalesce(sum(exposure_at_default_amount), 0) as exposure_at_default_amount,
        coalesce(sum(interest_amount), 0) as interest_amount,
        coalesce(sum(capital_amount), 0) as capital_amount
    from {{ ref('int_client_value_month') }}

)

select allocated.*
from allocated
cross join contacts
cross join tasks
cross join costs
cross join balances
cross join lines
cross join earnings
where allocated.contacts <> contacts.contacts
    or allocated.contact_minutes <> contacts.contact_minutes
    or allocated.monitoring_tasks <> tasks.monitoring_tasks
    or allocated.marketing_cost_amount <> costs.marketing_cost_amount
    or allocated.exposure_amount <> balances.exposure_amount
    or allocated.undrawn_amount <> lines.undrawn_amount
    or allocated.lines_of_unknown_worth <> lines.lines_of_unknown_worth
    or allocated.exposure_at_default_amount <> earnings.exposure_at_default_amount
    or allocated.interest_amount <> earnings.interest_amount
    or allocated.capital_amount <> earnings.capital_amount
