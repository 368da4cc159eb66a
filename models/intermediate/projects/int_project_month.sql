-- Everything known about a project at a month end, side by side: type, phase, slotting, coverage and structure. One row
-- per project and month from the month the lender entered it through the month it closed.
select
    phase.project_key,
    phase.as_of_month,
    project.project_no,
    project.borrower_client_key,
    project.sponsor_client_key,
    kind.project_type,
    kind.type_basis,
    project.revenue_model,
    project.known_from,
    project.debt_amount_converted,
    phase.phase,
    phase.live_loans,
    phase.outstanding_amount,
    grade.slotting_score,
    grade.slotting_grade,
    grade.risk_weight,
    grade.expected_loss_rate,
    coverage.dscr_minimum,
    coverage.dscr_average,
    coverage.dscr_last_actual,
    coverage.llcr,
    coverage.operating_dscr_minimum,
    coverage.operating_dscr_average,
    coverage.operating_dscr_last_actual,
    coverage.operating_llcr,
    project.gearing,
    project.tenor_years,
    project.tail_years
from {{ ref('int_project_phase_month') }} as phase
inner join {{ ref('int_project') }} as project
    on phase.project_key = project.project_key
left join {{ ref('int_project_type') }} as kind
    on phase.project_key = kind.project_key
    and phase.as_of_month >= kind.valid_from
    and phase.as_of_month < kind.valid_to
left join {{ ref('int_project_grade_month') }} as grade
    on phase.project_key = grade.project_key
    and phase.as_of_month = grade.as_of_month
left join {{ ref('int_project_coverage_month') }} as coverage
    on phase.project_key = coverage.project_key
    and phase.as_of_month = coverage.as_of_month
