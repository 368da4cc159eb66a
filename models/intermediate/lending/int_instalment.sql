-- The instalments of every version of a schedule in the order in which money covers them, with running totals. A version
-- is the whole schedule as amended; it holds from its version_from until the next one's.
-- covered_at: an instalment counts as paid when the payments of the loan reach its running
-- total less the tolerance (seed rule_days_past_due; domain.md section 1e, DPD algorithm).
with versions as (

    select
        loan_no,
        schedule_version,
        -- a later version without a date holds from its first due date
        coalesce(min(version_from), min(due_on)) as version_from
    from {{ ref('stg_repayment_schedules') }}
    group by loan_no, schedule_version

),

spans as (

    select
        loan_no,
        schedule_version,
        case
            when row_number() over by_version = 1 then date '1900-01-01'
            else version_from
        end as holds_from,
        coalesce(lead(version_from) over by_version, date '9999-12-31') as holds_to
    from versions
    window by_version as (partition by loan_no order by schedule_version)

),

tolerance as (

    select tolerance_amount, tolerance_share, valid_from, valid_to
    from {{ ref('rule_days_past_due') }}

),

summed as (

    select
        loans.loan_key,
        schedules.loan_no,
        schedules.schedule_version,
        spans.holds_from,
        spans.holds_to,
        schedules.instalment_no,
        schedules.due_on,
        schedules.principal_due,
        schedules.interest_due,
        cast(schedules.principal_due + schedules.interest_due as decimal(18,2)) as amount_due,
        cast(sum(schedules.principal_due + schedules.interest_due) over in_order as decimal(18,2)) as total_due,
        cast(sum(schedules.principal_due) over in_order as decimal(18,2)) as total_principal_due,
        row_number() over (
            partition by schedules.loan_no, schedules.schedule_version, schedules.due_on
            order by schedules.instalment_no desc
        ) = 1 as is_last_of_day
    from {{ ref('stg_repayment_schedules') }} as schedules
    inner join {{ ref('int_loan') }} as loans on schedules.loan_no = loans.loan_no
    inner join spans
        on schedules.loan_no = spans.loan_no
        and schedules.schedule_version = spans.schedule_version
    window in_order as (
        partition by schedules.loan_no, schedules.schedule_version
        order by schedules.due_on, schedules.instalment_no
        rows between unbounded preceding and current row
    )

)

select
    summed.*,
    greatest(tolerance.tolerance_amount, cast(tolerance.tolerance_share * cast(summed.amount_due as decimal(28,2)) as decimal(18,2))) as tolerated_amount,
    cast(
        summed.total_due
        - greatest(tolerance.tolerance_amount, cast(tolerance.tolerance_share * cast(summed.amount_due as decimal(28,2)) as decimal(18,2))) as decimal(18,2)
    ) as covered_at
from summed
-- the tolerance of the day on which the instalment fell due
left join tolerance
    on tolerance.valid_from <= summed.due_on
    and tolerance.valid_to > summed.due_on
