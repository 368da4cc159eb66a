-- The month ends of the grid.
with reporting as (

    select * from {{ ref('stg_reporting_window') }}

)

select
    last_day({{ months_later('reporting.first_month', 'steps.step') }}) as as_of_month,
    {{ month_number('last_day(' ~ months_later('reporting.first_month', 'steps.step') ~ ')') }} as month_number
from reporting
cross join lateral {{ number_series('0', month_number('reporting.last_month') ~ ' - ' ~ month_number('reporting.first_month')) }} as steps
