-- Whether the use of the money of a loan was checked in time, against the share of drawings that policy asked to have
-- checked at its decision. Tasks name no loan: a check of the client serves every drawing in whose months it was done. A
-- renewal pays nothing out.
-- A building block of mart_monitoring_compliance.
{{ config(schema = 'intermediate') }}
with drawing as (

    select
        decision.loan_key,
        decision.client_key,
        decision.disbursed_on,
        last_day(decision.disbursed_on) as as_of_month,
        decision.policy_case_key,
        levers.lever_value as asked_share,
        {{ months_later('decision.disbursed_on', 'requirements.check_months') }} as check_by,
        requirements.task_types,
        delivery.first_task_on
    from {{ ref('fct_loan_decision') }} as decision
    inner join {{ ref('rule_monitoring_requirement') }} as requirements
        on requirements.requirement = 'USE_OF_FUNDS'
        and decision.disbursed_on >= requirements.valid_from
        and decision.disbursed_on < requirements.valid_to
    inner join {{ ref('int_monitoring_delivery') }} as delivery
        on requirements.requirement = delivery.requirement
    left join {{ ref('mart_policy_case_lever') }} as levers
        on decision.policy_case_key = levers.policy_case_key
        and levers.lever = 'USE_OF_FUNDS_SHARE'
    left join {{ ref('int_loan_renewal') }} as renewals
        on decision.loan_key = renewals.loan_key
    where renewals.loan_key is null

),

checked as (

    select
        drawing.loan_key,
        min(tasks.done_on) as checked_on
    from drawing
    inner join {{ ref('int_monitoring_task') }} as tasks
        on drawing.client_key = tasks.client_key
        and tasks.done_on >= drawing.disbursed_on
        and tasks.done_on <= drawing.check_by
    where list_contains({{ split_items('drawing.task_types') }}, tasks.task_type)
    group by drawing.loan_key

)

select
    drawing.loan_key,
    drawing.client_key,
    drawing.disbursed_on,
    drawing.as_of_month,
    drawing.asked_share,
    drawing.check_by,
    checked.checked_on,
    case
        when drawing.first_task_on is null or drawing.first_task_on > drawing.disbursed_on then 'NOT_DELIVERED'
        when drawing.policy_case_key is null then 'NO_POLICY'
        -- also with a check: who is not checked yet would be missing beside it
        when drawing.check_by >= reporting.as_of_date then 'NOT_YET_DUE'
        when checked.checked_on is not null then 'CHECKED'
        else 'NOT_CHECKED'
    end as status
from drawing
cross join {{ ref('stg_reporting_window') }} as reporting
left join checked on drawing.loan_key = checked.loan_key
