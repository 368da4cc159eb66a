-- Many registrations, one client. Components of the matches; two different valid unified social credit codes never
-- stand in one client: such a component is taken apart again, first to its strong rules, then to the code alone, and
-- what that cuts is listed in dq_identity_review (domain.md section 5c, points 1, 3, 4 and 6).
with registration as (

    select * from {{ ref('int_client_registration') }}

),

uscc as (

    select distinct registration.registration_no, identifiers.identifier_value as uscc
    from {{ ref('stg_client_identifiers') }} as identifiers
    inner join registration
        on identifiers.source_system = registration.source_system
        and identifiers.client_no = registration.client_no
    where identifiers.is_valid_uscc

),

edges_1 as (

    select distinct registration_no as a, linked_to as b
    from {{ ref('int_client_match') }}
    where registration_no <> linked_to

),

components_1 as ({{ connected_components('edges_1') }}),

conflicts_1 as (

    select components_1.component
    from components_1
    inner join uscc on components_1.node = uscc.registration_no
    group by components_1.component
    having count(distinct uscc.uscc) > 1

),

edges_2 as (

    select distinct matches.registration_no as a, matches.linked_to as b
    from {{ ref('int_client_match') }} as matches
    inner join components_1 on matches.registration_no = components_1.node
    inner join conflicts_1 on components_1.component = conflicts_1.component
    where matches.strength = 'STRONG' and matches.registration_no <> matches.linked_to

),

components_2 as ({{ connected_components('edges_2') }}),

conflicts_2 as (

    select components_2.component
    from components_2
    inner join uscc on components_2.node = uscc.registration_no
    group by components_2.component
    having count(distinct uscc.uscc) > 1

),

edges_3 as (

    select distinct matches.registration_no as a, matches.linked_to as b
    from {{ ref('int_client_match') }} as matches
    inner join components_2 on matches.registration_no = components_2.node
    inner join conflicts_2 on components_2.component = conflicts_2.component
    where matches.match_rule = 'USCC' and matches.registration_no <> matches.linked_to

),

components_3 as ({{ connected_components('edges_3') }}),

clustered as (

    select
        registration.*,
        conflicts_1.component is not null as was_cut,
        case
            when conflicts_2.component is not null then coalesce(components_3.component, registration.registration_no)
            when conflicts_1.component is not null then coalesce(components_2.component, registration.registration_no)
            else coalesce(components_1.component, registration.registration_no)
        end as component
    from registration
    left join components_1 on registration.registration_no = components_1.node
    left join conflicts_1 on components_1.component = conflicts_1.component
    left join components_2 on registration.registration_no = components_2.node
    left join conflicts_2 on components_2.component = conflicts_2.component
    left join components_3 on registration.registration_no = components_3.node

),

-- the earliest-known registration gives the client its key, so the key stays when others join later
ranked as (

    select
        *,
        row_number() over by_age as registration_rank,
        first_value(source_system) over by_age as first_source_system,
        first_value(client_no) over by_age as first_client_no,
        count(*) over (partition by component) as registrations
    from clustered
    window by_age as (
        partition by component
        order by first_known_at, source_priority, source_system, client_no
        rows between unbounded preceding and unbounded following
    )

),

best_rule as (

    select registration_no, min(rule_order) as rule_order
    from (
        select registration_no, rule_order from {{ ref('int_client_match') }}
        union all
        select linked_to, rule_order from {{ ref('int_client_match') }} where registration_no <> linked_to
    )
    group by registration_no

)

select
    ranked.source_system,
    ranked.client_no,
    {{ key_of(['ranked.first_source_system', 'ranked.first_client_no']) }} as client_key,
    cast(ranked.registration_rank as integer) as registration_rank,
    cast(ranked.registrations as integer) as registrations,
    case
        when ranked.registrations = 1 then 'SINGLE'
        when ranked.registration_rank = 1 then 'FIRST'
        else rules.match_rule
    end as matched_by,
    ranked.was_cut,
    ranked.source_priority,
    ranked.first_known_at
from ranked
left join best_rule on ranked.registration_no = best_rule.registration_no
left join {{ ref('rule_identity_match') }} as rules on best_rule.rule_order = rules.rule_order
