-- A cohort is mature when the twelve months after it are over by the last month of the history, neither earlier nor
-- later; the scorecard, the early warnings and the retention year say the same.
with reporting as (

    select last_month from {{ ref('stg_reporting_window') }}

),

marked as (

    select 'default cohort' as what, cohort_month as as_of_month, is_mature
    from {{ ref('mart_segment_default_cohort') }}
    union all
    select 'scorecard', as_of_month, is_default_mature
    from {{ ref('mart_segment_performance') }}
    where performing > 0
    union all
    select 'early warnings', cohort_month, is_mature
    from {{ ref('mart_early_warning_quality') }}
    union all
    select 'retention', as_of_month, is_retention_mature
    from {{ ref('int_segment_stickiness_month') }}
    union all
    select 'retention of the scorecard', as_of_month, is_retention_mature
    from {{ ref('mart_segment_performance') }}
    where clients_held_before > 0

)

select marked.*, reporting.last_month
from marked
cross join reporting
where marked.is_mature is distinct from (last_day({{ months_later('marked.as_of_month', 12) }}) <= reporting.last_month)
