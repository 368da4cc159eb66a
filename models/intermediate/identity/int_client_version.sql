-- The versions of a registration as spans of knowledge. Each holds from the day it was written; the first is taken
-- back to the start of the relationship and marked is_backfilled (head of the contract).
with versions as (

    select
        clients.*,
        identity.client_key,
        identity.source_priority,
        cast(clients.extracted_at as date) as known_on,
        row_number() over by_age as version_no,
        lead(cast(clients.extracted_at as date)) over by_age as next_known_on
    from {{ ref('stg_clients') }} as clients
    inner join {{ ref('int_client_identity') }} as identity
        on clients.source_system = identity.source_system
        and clients.client_no = identity.client_no
    window by_age as (partition by clients.source_system, clients.client_no order by clients.extracted_at)

)

select
    client_key,
    source_system,
    client_no,
    cast(version_no as integer) as version_no,
    case
        when version_no = 1 then least(known_on, coalesce(relationship_started_on, known_on))
        else known_on
    end as valid_from,
    coalesce(next_known_on, date '9999-12-31') as valid_to,
    version_no = 1 and relationship_started_on < known_on as is_backfilled,
    source_priority,
    branch_code,
    org_type,
    registered_on,
    coalesce(status, 'ACTIVE') as status,
    status_changed_on,
    region_code,
    industry_code,
    resolved_industry_system,
    resolved_industry_edition,
    resolved_industry_code,
    employees,
    technology_certificate,
    technology_certificate_expires_on,
    relationship_started_on,
    consent_marketing,
    consent_profiling
from versions
