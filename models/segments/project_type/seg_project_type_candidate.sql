-- What the rule alone says about a client's projects in a month: the type of the largest active project that it borrows
-- for, else of the largest that it sponsors, else not applicable.
{{ monthly_model() }}
with active as (

    select *
    from {{ ref('int_project_month') }}
    where phase <> 'CLOSED'
        and as_of_month >= {{ first_rebuilt_month() }}

),

role as (

    select 1 as role_order, 'BORROWER' as role, borrower_client_key as client_key, active.*
    from active
    where borrower_client_key is not null
    union all
    select 2, 'SPONSOR', sponsor_client_key, active.*
    from active
    where sponsor_client_key is not null

),

ranked as (

    select
        *,
        count(*) over (partition by client_key, as_of_month, role_order) as projects,
        row_number() over (
            partition by client_key, as_of_month
            order by role_order asc, debt_amount_converted desc nulls last, known_from asc, project_key asc
        ) as choice
    from role

),

chosen as (

    select * from ranked
    where choice = 1

)

select
    grid.client_key,
    grid.as_of_month,
    rules.segment_code as entry_segment,
    rules.rule_order as entry_order,
    cast(null as varchar) as stay_segments,
    rules.rule_id,
    rules.rule_version,
    coalesce(chosen.role, 'NO_PROJECT') as reason_code,
    chosen.project_key as evidence_project_key,
    chosen.role as evidence_role,
    cast(coalesce(chosen.projects, 0) as integer) as evidence_projects,
    chosen.type_basis as evidence_type_basis,
    chosen.revenue_model as evidence_revenue_model,
    chosen.phase as evidence_phase,
    chosen.slotting_score as evidence_slotting_score,
    chosen.slotting_grade as evidence_slotting_grade,
    chosen.dscr_minimum as evidence_dscr_minimum,
    chosen.dscr_average as evidence_dscr_average,
    chosen.llcr as evidence_llcr,
    chosen.gearing as evidence_gearing,
    chosen.tenor_years as evidence_tenor_years,
    chosen.tail_years as evidence_tail_years
from {{ ref('int_client_month') }} as grid
left join chosen
    on grid.client_key = chosen.client_key
    and grid.as_of_month = chosen.as_of_month
left join {{ ref('rule_segment') }} as rules
    on rules.axis = 'PROJECT_TYPE'
    and coalesce(chosen.project_type, 'NOT_APPLICABLE') = rules.segment_code
    and grid.as_of_month >= rules.valid_from
    and grid.as_of_month < rules.valid_to
where grid.as_of_month >= {{ first_rebuilt_month() }}
