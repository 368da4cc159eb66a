-- What was owed at the two statements and what happened between them, by region and by first sector of the project, from
-- the warehouse that examples/ibrd_projects/run.py built. One row a level and group; sectors below the twelve largest
-- stand together.
--
-- disbursed_between and repaid_between are differences of the two statements, loan by loan, for loans that both have or
-- that came in between; a loan that the newer statement no longer has adds nothing. Loans that the first statement already
-- had as repaid or cancelled paid nothing since: where their totals differ, the newer statement tells the past anew
-- (disbursed_restated, repaid_restated). What was owed moves by disbursement, repayment and exchange rates, so it does not
-- add up without exchange_and_other.
-- repaid_share is repaid_between over what was owed at the first statement: eighteen months, not a year.
with facility as (

    select
        facility_no,
        cast(extracted_at as date) as stated_on,
        x_region,
        x_project_no,
        x_loan_status in ('Fully Repaid', 'Fully Cancelled') as has_ended,
        x_disbursed_amount,
        x_repaid_amount,
        -- rests of up to one dollar are rounding, as in the loans
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

compared as (

    select
        coalesce(later.facility_no, earlier.facility_no) as facility_no,
        coalesce(later.x_region, earlier.x_region) as region,
        coalesce(projects.x_first_sector, 'None in the projects file') as first_sector,
        coalesce(earlier.owed_amount, 0) as owed_first,
        coalesce(later.owed_amount, 0) as owed_last,
        coalesce(earlier.has_ended, false) as had_ended,
        case
            when later.facility_no is not null then later.x_disbursed_amount - coalesce(earlier.x_disbursed_amount, 0)
            else 0
        end as disbursed_more,
        case
            when later.facility_no is not null then later.x_repaid_amount - coalesce(earlier.x_repaid_amount, 0)
            else 0
        end as repaid_more
    from earlier
    full join later on earlier.facility_no = later.facility_no
    left join staging.stg_projects as projects
        on coalesce(later.x_project_no, earlier.x_project_no) = projects.project_no

),

ranked_sector as (

    select first_sector, row_number() over (order by sum(owed_last) desc, first_sector asc) as place
    from compared
    group by first_sector

),

grouped as (

    select 'PORTFOLIO' as level, 'ALL' as group_name, compared.* from compared
    union all
    select 'REGION' as level, compared.region as group_name, compared.* from compared
    union all
    select
        'FIRST_SECTOR' as level,
        case when ranked_sector.place <= 12 then compared.first_sector else 'All other sectors' end as group_name,
        compared.*
    from compared
    inner join ranked_sector on compared.first_sector = ranked_sector.first_sector

)

select
    level,
    group_name,
    count(*) filter (where owed_first > 0) as loans_owing_first,
    count(*) filter (where owed_last > 0) as loans_owing_last,
    cast(sum(owed_first) as decimal(18,2)) as owed_first,
    cast(coalesce(sum(disbursed_more) filter (where not had_ended), 0) as decimal(18,2)) as disbursed_between,
    cast(coalesce(sum(repaid_more) filter (where not had_ended), 0) as decimal(18,2)) as repaid_between,
    cast(sum(owed_last) as decimal(18,2)) as owed_last,
    cast(
        coalesce(sum(owed_last - owed_first - disbursed_more + repaid_more) filter (where not had_ended), 0) as decimal(18,2)
    ) as exchange_and_other,
    cast(
        sum(repaid_more) filter (where not had_ended) / nullif(cast(sum(owed_first) as double), 0) as decimal(9,4)
    ) as repaid_share,
    cast(coalesce(sum(disbursed_more) filter (where had_ended), 0) as decimal(18,2)) as disbursed_restated,
    cast(coalesce(sum(repaid_more) filter (where had_ended), 0) as decimal(18,2)) as repaid_restated
from grouped
group by level, group_name
order by case level when 'PORTFOLIO' then 1 when 'REGION' then 2 else 3 end asc, sum(owed_last) desc, group_name asc
