-- Every loan that has come to its maturity within the history, and whether it was repaid by then (domain.md section 1f,
-- repayment rate (d)). A loan that was repaid early matures on its day all the same: else only the late ones would be
-- counted. One that was written off or restructured by its maturity was not repaid on time, whatever its dates say.
with matured as (

    select loans.*
    from {{ ref('int_loan') }} as loans
    cross join {{ ref('stg_reporting_window') }} as reporting
    where last_day(loans.matures_on) >= reporting.first_month
        and last_day(loans.matures_on) <= reporting.last_month

),

-- money covers instalments in order: who has paid the last one on time has paid them all
last_instalment as (

    select
        outcomes.loan_key,
        outcomes.due_on,
        outcomes.paid_on_time_amount >= outcomes.amount_due - instalments.tolerated_amount as is_paid_on_time,
        row_number() over (
            partition by outcomes.loan_key order by outcomes.due_on desc, outcomes.instalment_no desc
        ) as choice
    from {{ ref('int_instalment_outcome') }} as outcomes
    inner join matured
        on outcomes.loan_key = matured.loan_key
        and outcomes.due_on <= matured.matures_on
    inner join {{ ref('int_instalment') }} as instalments
        on outcomes.loan_key = instalments.loan_key
        and outcomes.schedule_version = instalments.schedule_version
        and outcomes.instalment_no = instalments.instalment_no

),

at_maturity as (

    select
        matured.loan_key,
        months.outstanding_amount,
        months.loan_state
    from matured
    inner join {{ ref('int_loan_month') }} as months
        on matured.loan_key = months.loan_key
        and last_day(matured.matures_on) = months.as_of_month

)

select
    matured.loan_key,
    matured.client_key,
    last_day(matured.matures_on) as matured_month,
    cast({{ days_between('matured.disbursed_on', 'matured.matures_on') }} as integer) as term_days,
    not coalesce(matured.written_off_on <= matured.matures_on, false)
    and not coalesce(matured.restructured_on <= matured.matures_on, false)
    and (
        coalesce(matured.closed_on <= matured.matures_on, false)
        or case
            -- instalments say it to the day
            when matured.balance_source = 'SCHEDULE' then coalesce(last_instalment.is_paid_on_time, false)
            -- without them the balance of the month end does
            else coalesce(at_maturity.outstanding_amount = 0 and at_maturity.loan_state <> 'WRITTEN_OFF', false)
        end
    ) as is_repaid_on_time
from matured
left join last_instalment
    on matured.loan_key = last_instalment.loan_key
    and last_instalment.choice = 1
left join at_maturity
    on matured.loan_key = at_maturity.loan_key
