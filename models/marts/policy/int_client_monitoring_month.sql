-- Whether a client that owes something was looked at, and reviewed, as often as policy asked at the decision of its loans
-- (the strictest of them) by a month end. Tasks are of the client, so one look serves all its loans. Time runs from the last
-- look, else from the first month end at which the client owed without a break, and never from before the first delivery.
-- A building block of mart_monitoring_compliance.
{{ config(schema = 'intermediate') }}
{%- set levers = {'MONITORING': 'MONITORING_INTERVAL_MONTHS', 'REVIEW': 'REVIEW_INTERVAL_MONTHS'} %}
with owing as (

    select
        client_key,
        as_of_month,
        {{ month_number('as_of_month') }} as month_number,
        row_number() over (partition by client_key order by as_of_month) as place
    from {{ ref('int_client_exposure_month') }}
    where exposure_amount > 0

),

-- months in a row have the same difference of number and place
spell as (

    select
        client_key,
        as_of_month,
        min(as_of_month) over (partition by client_key, month_number - place) as owing_since
    from owing

),

-- what policy asked of the loans that a client owes
asked as (

    select
        loans.client_key,
        loans.as_of_month,
        count(decision.policy_case_key) as loans_with_policy,
        {% for requirement, lever in levers.items() -%}
        min(levers.lever_value) filter (where levers.lever = '{{ lever }}') as {{ requirement | lower }}_months{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_loan_month') }} as loans
    inner join {{ ref('fct_loan_decision') }} as decision
        on loans.loan_key = decision.loan_key
    left join {{ ref('mart_policy_case_lever') }} as levers
        on decision.policy_case_key = levers.policy_case_key
        and list_contains({{ levers.values() | list }}, levers.lever)
    where loans.outstanding_amount > 0
    group by loans.client_key, loans.as_of_month

),

watched as (

    {% for requirement in levers -%}
    select
        spell.client_key,
        spell.as_of_month,
        '{{ requirement }}' as requirement,
        spell.owing_since,
        coalesce(asked.loans_with_policy, 0) > 0 as has_policy,
        asked.{{ requirement | lower }}_months as interval_months
    from spell
    left join asked
        on spell.client_key = asked.client_key
        and spell.as_of_month = asked.as_of_month
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- the months in which a client owes, and those in which it was looked at
event as (

    select
        client_key,
        requirement,
        as_of_month,
        cast(null as date) as checked_on
    from watched
    union all
    select
        tasks.client_key,
        requirements.requirement,
        last_day(tasks.done_on),
        max(tasks.done_on)
    from {{ ref('int_monitoring_task') }} as tasks
    inner join {{ ref('rule_monitoring_requirement') }} as requirements
        on list_contains({{ split_items('requirements.task_types') }}, tasks.task_type)
        and tasks.done_on >= requirements.valid_from
        and tasks.done_on < requirements.valid_to
    where tasks.done_on is not null
    group by tasks.client_key, requirements.requirement, last_day(tasks.done_on)

),

month_event as (

    select
        client_key,
        requirement,
        as_of_month,
        max(checked_on) as checked_on
    from event
    group by client_key, requirement, as_of_month

),

checked as (

    select
        client_key,
        requirement,
        as_of_month,
        max(checked_on) over (
            partition by client_key, requirement order by as_of_month rows between unbounded preceding and current row
        ) as last_check_on
    from month_event

),

started as (

    select
        watched.*,
        checked.last_check_on,
        delivery.first_task_on,
        case when delivery.first_task_on > watched.owing_since then delivery.first_task_on else watched.owing_since end as watched_from
    from watched
    inner join checked
        on watched.client_key = checked.client_key
        and watched.requirement = checked.requirement
        and watched.as_of_month = checked.as_of_month
    left join {{ ref('int_monitoring_delivery') }} as delivery
        on watched.requirement = delivery.requirement

),

due as (

    select
        *,
        {{ interval_later('last_check_on', 'interval_months') }} as next_check_by,
        {{ interval_later('watched_from', 'interval_months') }} as first_check_by
    from started

)

select
    client_key,
    as_of_month,
    requirement,
    interval_months,
    watched_from,
    last_check_on,
    case when coalesce(next_check_by > first_check_by, false) then next_check_by else first_check_by end as due_by,
    case
        when first_task_on is null or first_task_on > as_of_month then 'NOT_DELIVERED'
        when not has_policy then 'NO_POLICY'
        when interval_months is null then 'NOT_ASKED'
        when next_check_by >= as_of_month then 'IN_TIME'
        when first_check_by >= as_of_month then 'NOT_YET_DUE'
        else 'OVERDUE'
    end as status
from due
