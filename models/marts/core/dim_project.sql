-- Every financed project as it stands in its last month of the history: type, phase, structure, slotting and cover. No
-- names: a project's name is free text and may name persons.
with reporting as (

    select * from {{ ref('stg_reporting_window') }}

),

last_row as (

    select project_key, max(as_of_month) as as_of_month
    from {{ ref('int_project_month') }}
    group by project_key

)

select
    project.project_key,
    project.project_no,
    state.as_of_month as last_month,
    project.project_type,
    project.type_basis,
    project.matched_keyword,
    project.revenue_model,
    -- rows end with the month in which the project closed; one that closed before the history has none
    case
        when state.project_key is not null then state.phase
        when project.known_from is not null then 'CLOSED'
    end as phase,
    project.borrower_client_key,
    project.sponsor_client_key,
    project.region_code,
    project.is_green,
    project.currency,
    project.total_cost_amount,
    project.debt_amount_converted as debt_amount,
    project.equity_amount_converted as equity_amount,
    state.outstanding_amount,
    project.known_from,
    project.financial_close_on,
    project.planned_completion_on,
    -- a replay for an earlier day does not know it yet
    case when project.actual_completion_on <= reporting.last_month then project.actual_completion_on end as actual_completion_on,
    project.debt_matures_on,
    project.concession_ends_on,
    project.gearing,
    project.tenor_years,
    project.tail_years,
    state.slotting_score,
    state.slotting_grade,
    state.risk_weight,
    state.expected_loss_rate,
    state.operating_dscr_minimum,
    state.operating_dscr_average,
    state.operating_dscr_last_actual,
    state.operating_llcr
from {{ ref('int_project') }} as project
cross join reporting
left join last_row
    on project.project_key = last_row.project_key
left join {{ ref('int_project_month') }} as state
    on last_row.project_key = state.project_key
    and last_row.as_of_month = state.as_of_month
-- who never got money has no day; the others are known from theirs on
where coalesce(project.known_from, reporting.last_month) <= reporting.last_month
