-- What a client did online in the 90 days to each month end. Months without an event of it have no row. Days of robots
-- are left out.
{{ monthly_model() }}
with online_day as (

    select
        client_key,
        online_on,
        {% for column in ['rate_quotes', 'limit_checks', 'applications_started', 'applications_abandoned', 'documents_uploaded'] -%}
        {{ column }},
        {% endfor -%}
        {{ month_number('online_on') }} as online_month
    from {{ ref('int_client_online_day') }}
    where not is_robot_day
        and as_of_month >= last_day({{ months_later(first_rebuilt_month(), -3) }})

),

-- a day lies in the window of the end of its month and of up to three month ends after that
seen as (

    select
        online_day.*,
        months.as_of_month
    from online_day
    cross join {{ number_series(0, 3) }} as steps
    inner join {{ ref('int_month') }} as months
        on online_day.online_month + steps.step = months.month_number
    where {{ days_between('online_day.online_on', 'months.as_of_month') }} < 90
        and months.as_of_month >= {{ first_rebuilt_month() }}

)

select
    client_key,
    as_of_month,
    {% for column in ['rate_quotes', 'limit_checks', 'applications_started', 'applications_abandoned', 'documents_uploaded'] -%}
    cast(sum({{ column }}) as integer) as {{ column }}_90d,
    {% endfor -%}
    -- one row a day
    cast(count(*) as integer) as active_days_90d
from seen
group by client_key, as_of_month
