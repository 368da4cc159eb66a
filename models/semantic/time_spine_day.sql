-- Every day of the months of the warehouse: MetricFlow joins dates to it.
with bounds as (

    select
        min(as_of_month) as first_month,
        max(as_of_month) as last_month
    from {{ ref('dim_month') }}

),

first_days as (

    select
        {{ days_later(months_later('first_month', -1), 1) }} as first_day,
        last_month
    from bounds

)

select {{ days_later('first_days.first_day', 'steps.step') }} as calendar_day
from first_days
cross join lateral {{ number_series('0', days_between('first_days.first_day', 'first_days.last_month')) }} as steps
