-- On every axis and in every month the segments add up to the applications: the decisions one by one to all that were
-- decided, the backlog to all that were open, the cohorts to all that were submitted.
with expected as (

    select
        months.as_of_month,
        count(*) filter (where applications.is_decided and last_day(cast(applications.decided_at as date)) = months.as_of_month) as decided,
        count(*) filter (where applications.decision = 'APPROVED' and last_day(cast(applications.decided_at as date)) = months.as_of_month) as approved,
        count(*) filter (where applications.decision = 'DECLINED' and last_day(cast(applications.decided_at as date)) = months.as_of_month) as declined,
        count(*) filter (where last_day(cast(applications.submitted_at as date)) = months.as_of_month) as submitted,
        count(*) filter (
            where cast(applications.submitted_at as date) <= months.as_of_month
                and case
                    when applications.decision = 'PENDING' then true
                    else cast(applications.decided_at as date) > months.as_of_month
                end
        ) as pending
    from {{ ref('int_month') }} as months
    cross join {{ ref('fct_application') }} as applications
    group by months.as_of_month

),

axes as (

    select distinct axis from {{ ref('dim_segment') }}

),

shown as (

    select
        axis,
        as_of_month,
        sum(decided) as decided,
        sum(approved) as approved,
        sum(declined) as declined,
        sum(approved + declined + withdrawn + expired + counter_offered) as by_decision,
        sum(submitted) as submitted,
        sum(pending) as pending
    from {{ ref('int_segment_application_month') }}
    group by axis, as_of_month

)

select axes.axis, expected.*, shown.decided as shown_decided, shown.pending as shown_pending, shown.submitted as shown_submitted
from expected
cross join axes
left join shown
    on axes.axis = shown.axis
    and expected.as_of_month = shown.as_of_month
where expected.decided <> coalesce(shown.decided, 0)
    or expected.decided <> coalesce(shown.by_decision, 0)
    or expected.approved <> coalesce(shown.approved, 0)
    or expected.declined <> coalesce(shown.declined, 0)
    or expected.submitted <> coalesce(shown.submitted, 0)
    or expected.pending <> coalesce(shown.pending, 0)
