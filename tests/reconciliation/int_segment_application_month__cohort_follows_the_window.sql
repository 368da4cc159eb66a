-- On every axis the cohort of a month is what was submitted in it: approved and declined within the window of days, open
-- as long as they are open; mature exactly when the window of the month's last day ends within the history.
with windowed as (

    select
        months.as_of_month,
        rules.parameter_value as window_days,
        {{ days_between('months.as_of_month', 'reporting.last_month') }} >= rules.parameter_value as is_over
    from {{ ref('int_month') }} as months
    inner join {{ ref('rule_relationship_parameter') }} as rules
        on months.as_of_month >= rules.valid_from
        and months.as_of_month < rules.valid_to
    cross join {{ ref('stg_reporting_window') }} as reporting
    where rules.parameter_id = 'DECISION_WINDOW_DAYS'

),

application as (

    select
        decision,
        cast(submitted_at as date) as submitted_on,
        {{ days_between('cast(submitted_at as date)', 'cast(decided_at as date)') }} as days_taken
    from {{ ref('fct_application') }}

),

expected as (

    select
        windowed.as_of_month,
        windowed.is_over,
        count(*) filter (where application.decision = 'APPROVED' and application.days_taken <= windowed.window_days) as approved,
        count(*) filter (where application.decision = 'DECLINED' and application.days_taken <= windowed.window_days) as declined,
        count(*) filter (where application.decision = 'PENDING') as undecided,
        count(*) filter (where application.decision <> 'PENDING' and application.days_taken is null) as undated
    from windowed
    inner join application
        on windowed.as_of_month = last_day(application.submitted_on)
    group by windowed.as_of_month, windowed.is_over

),

axes as (

    select distinct axis from {{ ref('dim_segment') }}

),

shown as (

    select
        axis,
        as_of_month,
        bool_and(is_submission_mature) as is_over,
        bool_or(is_submission_mature) as is_anywhere_over,
        sum(submitted_approved) as approved,
        sum(submitted_declined) as declined,
        sum(submitted_undecided) as undecided,
        sum(submitted_undated) as undated
    from {{ ref('int_segment_application_month') }}
    where submitted > 0
    group by axis, as_of_month

)

select axes.axis, expected.*, shown.approved as shown_approved, shown.declined as shown_declined
from expected
cross join axes
left join shown
    on axes.axis = shown.axis
    and expected.as_of_month = shown.as_of_month
where expected.approved is distinct from shown.approved
    or expected.declined is distinct from shown.declined
    or expected.undecided is distinct from shown.undecided
    or expected.undated is distinct from shown.undated
    or expected.is_over is distinct from shown.is_over
    or expected.is_over is distinct from shown.is_anywhere_over
