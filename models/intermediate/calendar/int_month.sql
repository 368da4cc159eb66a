-- The month ends of the grid. A delivery that ends before the months that are there stops the build.
{%- set stored = stored_months() %}
with reporting as (

    select
        first_month,
        {% if stored is not none -%}
        case
            when last_month < date '{{ stored['last'] }}'
                then {{ stop_with(
                    "'The input ends with ' || last_month || ', the warehouse holds months to " ~ stored['last']
                    ~ "; run with --full-refresh to go back, or set another LENDING_HOME.'",
                    'date'
                ) }}
            else last_month
        end as last_month
        {%- else -%}
        last_month
        {%- endif %}
    from {{ ref('stg_reporting_window') }}

)

select
    last_day({{ months_later('reporting.first_month', 'steps.step') }}) as as_of_month,
    {{ month_number('last_day(' ~ months_later('reporting.first_month', 'steps.step') ~ ')') }} as month_number
from reporting
cross join lateral {{ number_series('0', month_number('reporting.last_month') ~ ' - ' ~ month_number('reporting.first_month')) }} as steps
