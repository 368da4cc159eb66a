-- Projects by the type that the warehouse read from their sector text, with what was owed on their loans at the two
-- statements and what was repaid in between on loans that had not ended at the first. One row a type.
with facility as (

    select
        facility_no,
        cast(extracted_at as date) as stated_on,
        x_project_no,
        x_loan_status in ('Fully Repaid', 'Fully Cancelled') as has_ended,
        x_repaid_amount,
        case when abs(x_obligation_amount) <= 1 then 0 else x_obligation_amount end as owed_amount
    from staging.base_facilities

),

statements as (

    select min(stated_on) as first_on, max(stated_on) as last_on
    from facility

),

earlier as (

    select facility.* from facility inner join statements on facility.stated_on = statements.first_on

),

later as (

    select facility.* from facility inner join statements on facility.stated_on = statements.last_on

),

loan as (

    select
        coalesce(later.x_project_no, earlier.x_project_no) as project_no,
        coalesce(earlier.owed_amount, 0) as owed_first,
        coalesce(later.owed_amount, 0) as owed_last,
        case
            when later.facility_no is not null and coalesce(not earlier.has_ended, true)
                then later.x_repaid_amount - coalesce(earlier.x_repaid_amount, 0)
            else 0
        end as repaid_between
    from earlier
    full join later on earlier.facility_no = later.facility_no

),

typed as (

    select project_no, project_type, type_basis, phase
    from marts.dim_project

)

select
    coalesce(typed.project_type, 'NO_PROJECT') as project_type,
    count(distinct typed.project_no) as projects,
    count(distinct typed.project_no) filter (where typed.phase <> 'CLOSED') as projects_not_closed,
    count(distinct typed.project_no) filter (where typed.type_basis = 'KEYWORD_TEXT') as typed_by_sector_text,
    count(distinct typed.project_no) filter (where typed.type_basis = 'KEYWORD_NAME') as typed_by_name,
    count(*) filter (where loan.owed_last > 0) as loans_owing_last,
    cast(sum(loan.owed_first) as decimal(18,2)) as owed_first,
    cast(sum(loan.repaid_between) as decimal(18,2)) as repaid_between,
    cast(sum(loan.owed_last) as decimal(18,2)) as owed_last,
    cast(sum(loan.repaid_between) / nullif(cast(sum(loan.owed_first) as double), 0) as decimal(9,4)) as repaid_share
from loan
left join typed on loan.project_no = typed.project_no
group by coalesce(typed.project_type, 'NO_PROJECT')
order by sum(loan.owed_last) desc, project_type asc
