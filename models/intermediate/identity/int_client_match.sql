-- What two registrations must have in common to be one client, rule by rule (seed rule_identity_match; domain.md
-- section 5c). Grain: registration x rule x shared value, only values that more than one registration has.
with registration as (

    select * from {{ ref('int_client_registration') }}

),

identifier as (

    select distinct
        registration.registration_no,
        identifiers.identifier_type,
        identifiers.identifier_value,
        identifiers.is_valid_uscc
    from {{ ref('stg_client_identifiers') }} as identifiers
    inner join registration
        on identifiers.source_system = registration.source_system
        and identifiers.client_no = registration.client_no

),

-- a phone that many registrations give is an agent's, not the client's
usable_phone as (

    select phone
    from registration
    where phone is not null
    group by phone
    having count(*) <= (select max_registrations from {{ ref('rule_identity_block') }} where attribute = 'PHONE' and valid_to = date '9999-12-31')

),

token as (

    select registration_no, 'USCC' as match_rule, identifier_value as shared_value
    from identifier
    where is_valid_uscc

    union all

    -- positions 9 to 17 of the code are the organisation code
    select registration_no, 'ORG_CODE', substr(identifier_value, 9, 9)
    from identifier
    where is_valid_uscc

    union all

    select registration_no, identifier_type, identifier_value
    from identifier
    where identifier_type in ('ORG_CODE', 'REG_NO', 'TAX_NO')

    union all

    select registration_no, 'NAME_AND_LEGAL_REP', name_key || '|' || legal_representative
    from registration
    where name_key is not null and legal_representative is not null

    union all

    select registration.registration_no, 'NAME_AND_PHONE', registration.name_key || '|' || registration.phone
    from registration
    inner join usable_phone on registration.phone = usable_phone.phone
    where registration.name_key is not null

    union all

    select registration_no, 'NAME_AND_REGION_AND_REG_DATE', name_key || '|' || region_code || '|' || cast(registered_on as varchar)
    from registration
    where name_key is not null and region_code is not null and registered_on is not null

),

counted as (

    select
        registration_no,
        match_rule,
        shared_value,
        -- one link per registration and value is enough: to the first that has it
        min(registration_no) over (partition by match_rule, shared_value) as linked_to,
        count(*) over (partition by match_rule, shared_value) as holders
    from (select distinct * from token)

)

select
    counted.registration_no,
    counted.linked_to,
    counted.match_rule,
    rules.rule_order,
    rules.strength
from counted
inner join {{ ref('rule_identity_match') }} as rules
    on counted.match_rule = rules.match_rule
where counted.holders > 1
