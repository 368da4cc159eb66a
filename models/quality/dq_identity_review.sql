-- Registrations that share something with another one and yet stand apart, because two valid unified social credit
-- codes met in their group: for a person to look at (domain.md section 5c, points 3 and 4).
select
    own.source_system,
    own.client_no,
    own.client_key,
    other.source_system as other_source_system,
    other.client_no as other_client_no,
    other.client_key as other_client_key,
    matches.match_rule,
    'DIFFERENT_VALID_USCC' as reason_code
from {{ ref('int_client_match') }} as matches
inner join {{ ref('int_client_registration') }} as own_registration on matches.registration_no = own_registration.registration_no
inner join {{ ref('int_client_registration') }} as other_registration on matches.linked_to = other_registration.registration_no
inner join {{ ref('int_client_identity') }} as own
    on own_registration.source_system = own.source_system and own_registration.client_no = own.client_no
inner join {{ ref('int_client_identity') }} as other
    on other_registration.source_system = other.source_system and other_registration.client_no = other.client_no
where matches.registration_no <> matches.linked_to
    and own.client_key <> other.client_key
