-- The online events of a client in a day, over all its registrations. A day with more events than a human makes (seed
-- rule_quality_limit, the version valid at the end of the day's month) is marked and counted by nobody.
with happened as (

    select
        identity.client_key,
        cast(events.occurred_at as date) as online_on,
        events.event_type
    from {{ ref('stg_digital_events') }} as events
    inner join {{ ref('int_client_identity') }} as identity
        on events.source_system = identity.source_system
        and events.client_no = identity.client_no

),

counted as (

    select
        client_key,
        online_on,
        {% for type, column in [
            ('RATE_QUOTE', 'rate_quotes'), ('LIMIT_CHECK', 'limit_checks'), ('APPLICATION_STARTED', 'applications_started'),
            ('APPLICATION_ABANDONED', 'applications_abandoned'), ('DOCUMENT_UPLOADED', 'documents_uploaded'),
        ] -%}
        cast(count(*) filter (where event_type = '{{ type }}') as integer) as {{ column }},
        {% endfor -%}
        cast(count(*) as integer) as events
    from happened
    group by client_key, online_on

)

select
    counted.*,
    coalesce(counted.events > limits.events_per_day, false) as is_robot_day
from counted
left join {{ ref('rule_quality_limit') }} as limits
    on last_day(counted.online_on) >= limits.valid_from
    and last_day(counted.online_on) < limits.valid_to
