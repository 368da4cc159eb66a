-- One row per accepted application: its client, its amounts in the lender's currency, how long the decision took, what
-- was drawn on it, and whether its branch worked by segments when it came in. A reporting date before the data (a replay)
-- sees no decision, acceptance or drawdown of a later day.
with delivered as (

    select
        applications.*,
        reporting.as_of_date,
        coalesce(cast(applications.decided_at as date) > reporting.as_of_date, false) as is_decided_later
    from {{ ref('stg_loan_applications') }} as applications
    cross join {{ ref('stg_reporting_window') }} as reporting

),

known as (

    select
        * exclude (
            decision, decline_reason, approved_amount_converted, approved_term_months, approved_rate, offered_rate, exception_code,
            accepted_at
        ),
        case when is_decided_later then 'PENDING' else decision end as decision,
        {% for fact in [
            'decline_reason', 'approved_amount_converted', 'approved_term_months', 'approved_rate', 'offered_rate', 'exception_code',
        ] -%}
        case when not is_decided_later then {{ fact }} end as {{ fact }},
        {% endfor -%}
        case when not is_decided_later and cast(accepted_at as date) <= as_of_date then accepted_at end as accepted_at
    from delivered

),

application as (

    select
        applications.*,
        identity.client_key,
        applications.decision <> 'PENDING' as is_decided,
        -- a moment of decision on an application that is still open is none
        case when applications.decision <> 'PENDING' then applications.decided_at end as final_decided_at,
        -- less than nothing was never waited
        coalesce(case when applications.waiting_hours > 0 then applications.waiting_hours end, 0) as hours_waited
    from known as applications
    inner join {{ ref('int_client_identity') }} as identity
        on applications.source_system = identity.source_system
        and applications.client_no = identity.client_no

),

-- the loan names its application, or its line does
drawn as (

    select
        coalesce(loans.application_no, facilities.application_no) as application_no,
        min(loans.disbursed_on) as first_drawn_on,
        count(*) as drawn_loans,
        sum(loans.principal_amount) as drawn_amount
    from {{ ref('int_loan') }} as loans
    cross join {{ ref('stg_reporting_window') }} as reporting
    left join {{ ref('stg_facilities') }} as facilities
        on loans.facility_no = facilities.facility_no
    where loans.disbursed_on <= reporting.as_of_date
        and coalesce(loans.application_no, facilities.application_no) is not null
    group by coalesce(loans.application_no, facilities.application_no)

),

clocked as (

    select
        *,
        case
            when not is_decided then 'UNDECIDED'
            when final_decided_at is null then 'NO_MOMENT_OF_DECISION'
            when completed_at is null then 'NOT_COMPLETE'
            when completed_at > final_decided_at then 'DECIDED_BEFORE_COMPLETE'
            else 'MEASURED'
        end as clock_status
    from application

),

timed as (

    select
        clocked.*,
        {{ business_hours_between('complete_day', 'clocked.completed_at', 'decision_day', 'clocked.final_decided_at') }} as open_hours,
        {{ calendar_hours_between('clocked.completed_at', 'clocked.final_decided_at') }} as elapsed_hours
    from clocked
    left join {{ ref('int_business_day') }} as complete_day
        on cast(clocked.completed_at as date) = complete_day.business_on
    left join {{ ref('int_business_day') }} as decision_day
        on cast(clocked.final_decided_at as date) = decision_day.business_on

)

select
    timed.application_no,
    timed.client_key,
    timed.branch_code,
    timed.product_code,
    timed.channel,
    timed.campaign,
    coalesce(timed.currency, '{{ lending_currency() }}') as currency,
    timed.requested_amount_converted as requested_amount,
    timed.approved_amount_converted as approved_amount,
    timed.requested_term_months,
    timed.approved_term_months,
    timed.approved_rate,
    timed.offered_rate,
    timed.approval_track,
    timed.exception_code,
    timed.decline_reason,
    timed.submitted_at,
    timed.completed_at,
    timed.final_decided_at as decided_at,
    timed.accepted_at,
    timed.decision,
    timed.is_decided,
    timed.clock_status,
    cast(timed.waiting_hours as decimal(18,4)) as waiting_hours,
    -- the clock stands still while the lender waits for the client
    case
        when timed.clock_status = 'MEASURED' then cast(greatest(timed.open_hours - timed.hours_waited, 0) as decimal(18,4))
    end as business_hours_to_decision,
    case
        when timed.clock_status = 'MEASURED' then cast(greatest(timed.elapsed_hours - timed.hours_waited, 0) as decimal(18,4))
    end as calendar_hours_to_decision,
    timed.accepted_at is not null as is_accepted,
    drawn.application_no is not null as is_drawn,
    drawn.first_drawn_on,
    cast(coalesce(drawn.drawn_loans, 0) as integer) as drawn_loans,
    cast(coalesce(drawn.drawn_amount, 0) as decimal(18,2)) as drawn_amount,
    -- a branch without a row is neither an adopter nor a control
    case
        when rollouts.branch_code is not null then coalesce(rollouts.adopted_on <= cast(timed.submitted_at as date), false)
    end as is_adopted
from timed
left join drawn
    on timed.application_no = drawn.application_no
left join {{ ref('stg_policy_rollouts') }} as rollouts
    on timed.branch_code = rollouts.branch_code
    and rollouts.policy_code = 'SEGMENTATION'
