-- How closely the clients of a segment are tied to the lender, month by month. A year that is not over has no retention.
-- A building block of mart_segment_performance.
{{ config(schema = 'intermediate') }}
select
    activity.axis,
    activity.segment_code,
    activity.as_of_month,
    activity.clients,
    activity.active_days_30,
    activity.borrowers,
    activity.repeat_borrowers,
    activity.product_holders,
    activity.products_held,
    retention.cohort_month is not null as is_retention_mature,
    retention.clients as retention_clients,
    retention.retained
from {{ ref('int_segment_activity_month') }} as activity
left join {{ ref('int_segment_retention_month') }} as retention
    on activity.axis = retention.axis
    and activity.segment_code = retention.segment_code
    and activity.as_of_month = retention.cohort_month
