-- One row per registration: what its latest version says, and since when it is known.
with versions as (

    select
        *,
        min(extracted_at) over (partition by source_system, client_no) as first_known_at,
        row_number() over (partition by source_system, client_no order by extracted_at desc) as version_rank
    from {{ ref('stg_clients') }}

),

priority as (

    select source_system, source_priority
    from {{ ref('rule_source_priority') }}

)

select
    row_number() over (order by versions.source_system, versions.client_no) as registration_no,
    versions.source_system,
    versions.client_no,
    versions.first_known_at,
    coalesce(priority.source_priority, 99) as source_priority,
    {{ name_match_key('versions.client_name') }} as name_key,
    nullif(versions.legal_representative, '') as legal_representative,
    nullif(regexp_replace(versions.phone, '[^0-9]', '', 'g'), '') as phone,
    versions.region_code,
    versions.registered_on
from versions
left join priority
    on versions.source_system = priority.source_system
where versions.version_rank = 1
