-- Every project at every month end from the month in which the lender entered it, through the month in which its debt
-- was over: phase and what is owed. A project that borrows again after that comes back.
with parameter as (

    select * from {{ rule_values(ref('rule_project_parameter'), 'parameter_id', {
        'ramp_up_months': ['RAMP_UP_MONTHS', 'parameter_value'],
    }) }}

),

-- int_loan_month ends with the month in which a loan ended
lent as (

    select
        project_no,
        as_of_month,
        count(*) as loans_on_book,
        count(*) filter (where loan_state = 'LIVE') as live_loans,
        cast(sum(outstanding_amount) as decimal(18,2)) as outstanding_amount
    from {{ ref('int_loan_month') }}
    where project_no is not null
    group by project_no, as_of_month

),

grid as (

    select
        project.project_key,
        project.project_no,
        months.as_of_month,
        project.known_from,
        project.first_disbursed_on,
        project.actual_completion_on,
        project.debt_matures_on,
        coalesce(lent.loans_on_book, 0) as loans_on_book,
        coalesce(lent.live_loans, 0) as live_loans,
        -- no loan on the books is a known balance of nothing
        coalesce(lent.outstanding_amount, 0) as outstanding_amount,
        parameter.ramp_up_months
    from {{ ref('int_project') }} as project
    inner join {{ ref('int_month') }} as months
        on months.as_of_month >= last_day(project.known_from)
    left join lent
        on project.project_no = lent.project_no
        and months.as_of_month = lent.as_of_month
    left join parameter
        on months.as_of_month = parameter.as_of_month

),

judged as (

    select
        *,
        live_loans = 0 and case
            when debt_matures_on is not null then debt_matures_on < as_of_month
            -- a project that has not drawn yet is not over
            else coalesce(first_disbursed_on <= as_of_month, false)
        end as is_closed
    from grid

),

followed as (

    select
        *,
        -- the first month end of a history that begins later than the project shows only what ended in that month
        coalesce(
            lag(is_closed) over (partition by project_key order by as_of_month),
            last_day(known_from) < as_of_month
            and loans_on_book = 0
            and coalesce(debt_matures_on < last_day({{ months_later('as_of_month', -1) }}), true)
        ) as was_closed
    from judged

)

select
    project_key,
    project_no,
    as_of_month,
    case
        when is_closed then 'CLOSED'
        when actual_completion_on is null or actual_completion_on > as_of_month then 'CONSTRUCTION'
        when as_of_month < {{ months_later('actual_completion_on', 'ramp_up_months') }} then 'RAMP_UP'
        else 'OPERATION'
    end as phase,
    cast(live_loans as integer) as live_loans,
    cast(outstanding_amount as decimal(18,2)) as outstanding_amount
from followed
where not (is_closed and was_closed)
