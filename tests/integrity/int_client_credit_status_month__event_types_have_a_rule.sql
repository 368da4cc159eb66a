-- Types of delivered credit events that no rule names: they would restrict nobody.
select events.event_type, count(*) as events
from {{ ref('stg_credit_events') }} as events
left join {{ ref('rule_credit_event') }} as rules
    on events.event_type = rules.event_type
where rules.event_type is null
group by events.event_type
