-- The online events of a client in a day, over all its registrations. A day with more events than a human makes (seed
-- rule_quality_limit, the version valid at the end of the day's month) is marked and counted by nobody.
{{ monthly_model() }}
with happened as (

    select
        identity.client_key,
        cast(events.occurred_at as date) as online_on,
        last_day(cast(events.occurred_at as date)) as as_of_month,
        events.event_type
    from {{ ref('stg_digital_events') }} as events
    inner join {{ ref('int_client_identity') }} as identity
        on events.source_system = identity.source_system
        and events.client_no = identity.client_no
    cross join {{ ref('stg_reporting_window') }} as reporting
    where last_day(cast(events.occurred_at as date)) >= {{ first_rebuilt_month() }}
        and last_day(cast(events.occurred_at as date)) <= reporting.last_month

),

counted as (

    select
        client_key,
        online_on,
        as_of_month,
        {% for type, column in [
            ('RATE_QUOTE', 'rate_quotes'), ('LIMIT_CHECK', 'limit_checks'), ('APPLICATION_STARTED', 'applications_started'),
            ('APPLICATION_ABANDONED', 'applications_abandoned'), ('DOCUMENT_UPLOADED', 'documents_uploaded'),
        ] -%}
        cast(count(*) filter (where event_type = '{{ type }}') as integer) as {{ column }},
        {% endfor -%}
        cast(count(*) as integer) as events
    from happened
    group by client_key, online_on, as_of_month

)

select
    counted.*,
    coalesce(counted.events > limits.events_per_day, false) as is_robot_day
from counted
left join {{ ref('rule_quality_limit') }} as limits
    on last_day(counted.online_on) >= limits.valid_from
    and last_day(counted.online_on) < limits.valid_to
