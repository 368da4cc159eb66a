-- What was known about a client, from one change of knowledge to the next: one row per client and month in which a
-- registration of it got a new version. Per attribute the registration of the best source that has a value wins
-- (seed rule_source_priority), then the one written last.
with versions as (

    select
        *,
        last_day(valid_from) as from_month,
        case when valid_to = date '9999-12-31' then valid_to else last_day(valid_to) end as to_month
    from {{ ref('int_client_version') }}
    -- a version replaced before its first month end is never seen by a month
    where last_day(valid_from) < valid_to

),

boundary as (

    select client_key, from_month
    from versions
    union
    -- an end of validity is the start of the next version; a status that begins later than its version is written
    -- is seen when it begins
    select client_key, last_day(status_changed_on)
    from versions
    where status <> 'ACTIVE' and status_changed_on > valid_from

),

-- the versions that hold at a boundary, best source first
held as (

    select
        boundary.client_key,
        boundary.from_month,
        versions.* exclude (client_key, from_month, to_month),
        coalesce(versions.status <> 'ACTIVE' and coalesce(versions.status_changed_on, versions.valid_from) <= boundary.from_month, false) as has_left,
        row_number() over (
            partition by boundary.client_key, boundary.from_month
            order by versions.source_priority asc, versions.valid_from desc, versions.source_system asc, versions.client_no asc
        ) as survivor_rank
    from boundary
    inner join versions
        on boundary.client_key = versions.client_key
        and boundary.from_month >= versions.from_month
        and boundary.from_month < versions.to_month

),

merged as (

    select
        client_key,
        from_month,
        cast(count(*) as integer) as registrations,
        min(valid_from) as known_since,
        bool_and(has_left) as has_left,
        bool_or(is_backfilled) as is_backfilled,
        -- how a client left: what its best source says
        {{ first_known("case when has_left then status end", 'survivor_rank') }} as left_status,
        {% for column in ['branch_code', 'org_type', 'registered_on', 'region_code', 'employees', 'technology_certificate', 'consent_marketing', 'consent_profiling'] -%}
        {{ first_known(column, 'survivor_rank') }} as {{ column }},
        {% endfor -%}
        -- code, system and edition belong together, and so do a certificate and its last day
        {{ first_known('case when resolved_industry_code is not null then survivor_rank end', 'survivor_rank') }} as industry_rank,
        {{ first_known('case when technology_certificate is not null then survivor_rank end', 'survivor_rank') }} as certificate_rank,
        bool_or(industry_code is not null) as has_industry_code,
        min(relationship_started_on) as relationship_started_on
    from held
    group by client_key, from_month

)

select
    merged.client_key,
    merged.from_month,
    coalesce(lead(merged.from_month) over (partition by merged.client_key order by merged.from_month), date '9999-12-31') as to_month,
    merged.registrations,
    merged.known_since,
    merged.has_left,
    merged.is_backfilled,
    merged.left_status,
    merged.branch_code,
    merged.org_type,
    merged.registered_on,
    merged.region_code,
    merged.employees,
    merged.technology_certificate,
    certificate.technology_certificate_expires_on,
    merged.consent_marketing,
    merged.consent_profiling,
    merged.has_industry_code,
    industry.resolved_industry_system as industry_code_system,
    industry.resolved_industry_edition as industry_code_edition,
    industry.resolved_industry_code as industry_code,
    merged.relationship_started_on
from merged
left join held as industry
    on merged.client_key = industry.client_key
    and merged.from_month = industry.from_month
    and merged.industry_rank = industry.survivor_rank
left join held as certificate
    on merged.client_key = certificate.client_key
    and merged.from_month = certificate.from_month
    and merged.certificate_rank = certificate.survivor_rank
