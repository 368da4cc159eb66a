-- Every loan at every month end of its life, through the month in which it ended: balance, days past due, class and
-- what was due and paid in the month. All from dated facts: the status that a source shows today is never used.
-- The month before the first rebuilt one is computed along, since a month looks at the balance before it.
{{ monthly_model() }}
with loans as (

    select * from {{ ref('int_loan') }}

),

months as (

    select *
    from {{ ref('int_month') }}
    where as_of_month >= {{ month_before_rebuilt() }}

),

-- money that came before is counted in this month
opening as (

    select greatest(first_month, {{ month_before_rebuilt() }}) as first_month
    from {{ ref('stg_reporting_window') }}

),

grid as (

    select
        loans.*,
        months.as_of_month
    from loans
    inner join months
        on months.as_of_month >= last_day(loans.disbursed_on)
        and months.as_of_month <= last_day(loans.ended_on)

),

-- money by month of value; what came before counts in the first month
paid_in_month as (

    select
        loans.loan_key,
        greatest(last_day(payments.value_on), opening.first_month) as as_of_month,
        sum(payments.signed_amount) as paid,
        sum(case when last_day(payments.value_on) >= opening.first_month then payments.signed_amount else 0 end) as paid_within
    from {{ ref('stg_payments') }} as payments
    inner join loans on payments.loan_no = loans.loan_no
    cross join opening
    group by 1, 2

),

paid as (

    select
        grid.*,
        cast(coalesce(paid_in_month.paid_within, 0) as decimal(18,2)) as paid_in_month,
        cast(coalesce(sum(paid_in_month.paid) over (
            partition by grid.loan_key order by grid.as_of_month rows between unbounded preceding and current row
        ), 0) as decimal(18,2)) as total_paid
    from grid
    left join paid_in_month
        on grid.loan_key = paid_in_month.loan_key
        and grid.as_of_month = paid_in_month.as_of_month

),

-- the version of the schedule that holds at the month end
version as (

    select loan_key, schedule_version, holds_from, holds_to, max(total_principal_due) as scheduled_principal
    from {{ ref('int_instalment') }}
    group by loan_key, schedule_version, holds_from, holds_to

),

versioned as (

    select
        paid.*,
        version.schedule_version,
        version.scheduled_principal
    from paid
    left join version
        on paid.loan_key = version.loan_key
        and paid.as_of_month >= version.holds_from
        and paid.as_of_month < version.holds_to

),

open_instalment as (

    select *
    from {{ ref('int_instalment') }}
    where amount_due > tolerated_amount

),

last_of_day as (

    select *
    from {{ ref('int_instalment') }}
    where is_last_of_day

),

-- first instalment that the money does not cover, and what had fallen due
matched as (

    select
        versioned.*,
        versioned.principal - versioned.scheduled_principal as unscheduled_principal,
        greatest(
            tolerance.tolerance_amount,
            cast(tolerance.tolerance_share * cast(versioned.principal as decimal(28,2)) as decimal(18,2))
        ) as tolerated_principal,
        open_instalment.due_on as open_due_on,
        open_instalment.total_due - open_instalment.amount_due as covered_due,
        open_instalment.total_principal_due - open_instalment.principal_due as covered_principal,
        open_instalment.principal_due as open_principal_due,
        open_instalment.interest_due as open_interest_due
    from versioned
    {{ asof_left_join(
        'open_instalment', 'open_instalment',
        ['versioned.loan_key = open_instalment.loan_key', 'versioned.schedule_version = open_instalment.schedule_version'],
        'versioned.total_paid < open_instalment.covered_at'
    ) }}
    left join {{ ref('rule_days_past_due') }} as tolerance
        on tolerance.valid_from <= versioned.as_of_month
        and tolerance.valid_to > versioned.as_of_month

),

fallen_due as (

    select
        matched.*,
        coalesce(last_of_day.total_due, 0) as total_due
    from matched
    -- an instalment due after the month in which the loan was repaid never fell due
    {{ asof_left_join(
        'last_of_day', 'last_of_day',
        ['matched.loan_key = last_of_day.loan_key', 'matched.schedule_version = last_of_day.schedule_version'],
        'least(matched.as_of_month, matched.last_due_on) >= last_of_day.due_on'
    ) }}

),

month_end_balance as (

    select
        loans.loan_key,
        balances.month_end,
        balances.outstanding_principal,
        balances.days_past_due,
        coalesce(
            lead(balances.month_end) over (partition by balances.loan_no order by balances.month_end), date '9999-12-31'
        ) as next_month_end
    from {{ ref('stg_loan_month_ends') }} as balances
    inner join loans on balances.loan_no = loans.loan_no

),

measured as (

    select
        fallen_due.*,
        fallen_due.ended_on <= fallen_due.as_of_month as has_ended,
        fallen_due.written_off_on <= fallen_due.as_of_month as is_written_off,
        month_end_balance.outstanding_principal as month_end_outstanding,
        case
            when fallen_due.ended_on <= fallen_due.as_of_month then 0
            -- everything scheduled is covered; principal that no instalment repays is still owed
            when fallen_due.balance_source = 'SCHEDULE' and fallen_due.open_due_on is null
                then case when fallen_due.unscheduled_principal > fallen_due.tolerated_principal then fallen_due.unscheduled_principal else 0 end
            when fallen_due.balance_source = 'SCHEDULE'
                then greatest(
                    fallen_due.principal - fallen_due.covered_principal
                    - greatest(least(fallen_due.total_paid - fallen_due.covered_due - fallen_due.open_interest_due, fallen_due.open_principal_due), 0),
                    0
                )
            when fallen_due.balance_source = 'MONTH_ENDS' then coalesce(month_end_balance.outstanding_principal, fallen_due.principal)
            else greatest(fallen_due.principal - fallen_due.total_paid, 0)
        end as outstanding,
        case
            when fallen_due.ended_on <= fallen_due.as_of_month then 0
            when fallen_due.balance_source = 'SCHEDULE' then coalesce(greatest({{ days_between('fallen_due.open_due_on', 'fallen_due.as_of_month') }}, 0), 0)
            when fallen_due.balance_source = 'MONTH_ENDS'
                then case
                    when month_end_balance.days_past_due > 0
                        then month_end_balance.days_past_due + {{ days_between('month_end_balance.month_end', 'fallen_due.as_of_month') }}
                    else month_end_balance.days_past_due
                end
            -- without schedule or balances only the maturity can be missed
            when fallen_due.principal > fallen_due.total_paid then greatest({{ days_between('fallen_due.matures_on', 'fallen_due.as_of_month') }}, 0)
            else 0
        end as days_past_due,
        coalesce(
            lag(fallen_due.total_paid) over (partition by fallen_due.loan_key order by fallen_due.as_of_month),
            fallen_due.total_paid - fallen_due.paid_in_month
        ) as total_paid_before
    from fallen_due
    left join month_end_balance
        on fallen_due.loan_key = month_end_balance.loan_key
        and fallen_due.as_of_month >= month_end_balance.month_end
        and fallen_due.as_of_month < month_end_balance.next_month_end

),

lived as (

    select
        *,
        lag(outstanding) over (partition by loan_key order by as_of_month) as outstanding_before
    from measured

),

-- what fell due in the month, and how much of it had come by its due date
due_in_month as (

    select
        outcomes.loan_key,
        last_day(outcomes.due_on) as as_of_month,
        sum(outcomes.amount_due) as due_amount,
        sum(outcomes.paid_on_time_amount) as paid_on_time_amount
    from {{ ref('int_instalment_outcome') }} as outcomes
    inner join loans
        on outcomes.loan_key = loans.loan_key
    -- without payments nobody knows what was paid of what fell due
    where loans.balance_source = 'SCHEDULE'
        and outcomes.due_on >= {{ month_before_rebuilt() }}
    group by outcomes.loan_key, last_day(outcomes.due_on)

),

converted as (

    select
        lived.*,
        case when lived.currency = '{{ lending_currency() }}' then 1 else fx.rate_end end as rate_end,
        case when lived.days_past_due is not null then {{ var('longest_days_past_due') }} end as longest_days_past_due,
        due_in_month.due_amount as due_in_month,
        due_in_month.paid_on_time_amount as paid_on_time_in_month,
        -- money of the month as far as something was due: prepayments are not a better repayment rate
        cast(greatest(least(lived.paid_in_month, lived.total_due - lived.total_paid_before), 0) as decimal(18,2)) as collected_in_month
    from lived
    left join {{ ref('stg_fx_rate') }} as fx
        on lived.currency = fx.currency
        and lived.as_of_month = fx.month_end
    left join due_in_month
        on lived.loan_key = due_in_month.loan_key
        and lived.as_of_month = due_in_month.as_of_month
    -- a loan whose end nobody booked is over when it is repaid and past its maturity
    -- in the first month of the history the balance before is not there: no money of the month says it was zero
    where not (
        lived.outstanding = 0
        and lived.as_of_month > last_day(lived.matures_on)
        and coalesce(
            lived.outstanding_before,
            case when last_day(lived.disbursed_on) < lived.as_of_month and lived.paid_in_month = 0 and not lived.has_ended then 0 else 1 end
        ) = 0
    )

)

select
    converted.loan_key,
    converted.as_of_month,
    converted.client_key,
    converted.loan_no,
    converted.project_no,
    converted.product_code,
    converted.currency,
    converted.disbursed_on,
    converted.matures_on,
    {{ month_number('converted.as_of_month') }} - {{ month_number('converted.disbursed_on') }} as months_on_book,
    converted.balance_source,
    case
        when coalesce(converted.is_written_off, false) then 'WRITTEN_OFF'
        when converted.has_ended then 'CLOSED'
        when converted.outstanding = 0 then 'REPAID'
        else 'LIVE'
    end as loan_state,
    {{ converted('cast(converted.outstanding as decimal(18,2))', 'converted.rate_end') }} as outstanding_amount,
    cast(converted.days_past_due as integer) as days_past_due,
    case when coalesce(converted.is_written_off, false) then 'WRITTEN_OFF' else scale.bucket_code end as bucket_code,
    case when coalesce(converted.is_written_off, false) then 'LOSS' else scale.five_class end as five_class,
    case when coalesce(converted.is_written_off, false) then true else scale.is_non_performing end as is_non_performing,
    scale.rule_version as five_class_rule_version,
    case when coalesce(converted.is_written_off, false) then 3 else scale.stage end as stage,
    {{ converted('cast(coalesce(converted.due_in_month, 0) as decimal(18,2))', 'converted.rate_end') }} as due_amount,
    {{ converted('cast(coalesce(converted.paid_on_time_in_month, 0) as decimal(18,2))', 'converted.rate_end') }} as paid_on_time_amount,
    {{ converted('converted.collected_in_month', 'converted.rate_end') }} as collected_amount,
    {{ converted('cast(converted.paid_in_month as decimal(18,2))', 'converted.rate_end') }} as paid_amount,
    case
        when last_day(converted.written_off_on) = converted.as_of_month
            then {{ converted('cast(coalesce(converted.written_off_amount, converted.outstanding_before, converted.principal) as decimal(18,2))', 'converted.rate_end') }}
        else 0
    end as written_off_amount,
    converted.balance_source = 'SCHEDULE'
        and abs(converted.month_end_outstanding - converted.outstanding) > 1 as differs_from_month_end
from converted
left join {{ ref('int_days_past_due_scale') }} as scale
    -- days that nobody knows have no class: NULL joins nothing
    on least(converted.days_past_due, converted.longest_days_past_due) = scale.days_past_due
    and converted.as_of_month >= scale.valid_from
    and converted.as_of_month < scale.valid_to
where converted.as_of_month >= {{ first_rebuilt_month() }}
