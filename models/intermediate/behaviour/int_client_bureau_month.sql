-- What the latest bureau report of the last six months says about a client at a month end. Of several reports of one
-- day the one of the best source counts, then the bureau first in the alphabet. Months without a report have no row.
{{ monthly_model() }}
with report as (

    select
        identity.client_key,
        {{ month_number('reports.reported_on') }} as reported_month,
        reports.reported_on,
        reports.bureau,
        reports.lenders,
        reports.inquiries_3m,
        reports.non_performing_elsewhere,
        row_number() over (
            partition by identity.client_key, {{ month_number('reports.reported_on') }}
            order by
                reports.reported_on desc, identity.source_priority asc, reports.bureau asc,
                reports.source_system asc, reports.client_no asc
        ) as report_rank
    from {{ ref('stg_bureau_reports') }} as reports
    inner join {{ ref('int_client_identity') }} as identity
        on reports.source_system = identity.source_system
        and reports.client_no = identity.client_no

),

-- the last report of each month, until the next one
standing as (

    select
        *,
        lead(reported_month) over (partition by client_key order by reported_month) as next_reported_month
    from report
    where report_rank = 1

)

select
    standing.client_key,
    months.as_of_month,
    standing.bureau,
    standing.reported_on,
    standing.lenders as lenders_6m,
    standing.inquiries_3m,
    standing.non_performing_elsewhere as is_non_performing_elsewhere
from standing
cross join {{ number_series(0, 5) }} as steps
inner join {{ ref('int_month') }} as months
    on standing.reported_month + steps.step = months.month_number
where standing.reported_month + steps.step < coalesce(standing.next_reported_month, 999999)
    and months.as_of_month >= {{ first_rebuilt_month() }}
