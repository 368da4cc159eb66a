-- One row per accepted project: its type by the rules at the end of the history, its borrower and sponsor as clients,
-- money, dates and the day from which the lender was in it. Ratios are taken in the project's own currency.
with first_loan as (

    select project_no, min(disbursed_on) as first_disbursed_on
    from {{ ref('int_loan') }}
    where project_no is not null
    group by project_no

),

project as (

    select
        {{ key_of(['project_no']) }} as project_key,
        *
    from {{ ref('stg_projects') }}

)

select
    project.project_key,
    project.project_no,
    kind.project_type,
    kind.type_basis,
    kind.matched_keyword,
    borrower.client_key as borrower_client_key,
    sponsor.client_key as sponsor_client_key,
    project.revenue_model,
    project.region_code,
    project.is_green,
    project.currency,
    project.total_cost,
    project.debt_amount,
    project.equity_amount,
    project.total_cost_amount,
    project.debt_amount_converted,
    project.equity_amount_converted,
    coalesce(
        {{ ratio('project.debt_amount', 'project.debt_amount + project.equity_amount') }},
        {{ ratio('project.debt_amount', 'project.total_cost') }}
    ) as gearing,
    project.financial_close_on,
    project.planned_completion_on,
    project.actual_completion_on,
    project.debt_matures_on,
    project.concession_ends_on,
    {{ years_between('project.financial_close_on', 'project.debt_matures_on') }} as tenor_years,
    {{ years_between('project.debt_matures_on', 'project.concession_ends_on') }} as tail_years,
    first_loan.first_disbursed_on,
    -- least() leaves a missing day out, which is what is wanted here: either day alone is enough
    least(project.financial_close_on, first_loan.first_disbursed_on) as known_from
from project
cross join {{ ref('stg_reporting_window') }} as reporting
left join {{ ref('int_project_type') }} as kind
    on project.project_key = kind.project_key
    and reporting.last_month >= kind.valid_from
    and reporting.last_month < kind.valid_to
left join {{ ref('int_client_identity') }} as borrower
    on project.borrower_source_system = borrower.source_system
    and project.borrower_client_no = borrower.client_no
left join {{ ref('int_client_identity') }} as sponsor
    on project.sponsor_source_system = sponsor.source_system
    and project.sponsor_client_no = sponsor.client_no
left join first_loan
    on project.project_no = first_loan.project_no
