-- Every client as it is known at the end of the history, whether or not it has a loan or has left: pseudonyms and
-- classes only, no personal data.
with reporting as (

    select * from {{ ref('stg_reporting_window') }}

),

-- a replay for an earlier day must not show what was learnt later
last_span as (

    select spans.*
    from {{ ref('int_client_span') }} as spans
    inner join reporting
        on spans.from_month <= reporting.last_month
        and spans.to_month > reporting.last_month

),

grid as (

    select
        client_key,
        min(as_of_month) as first_month,
        max(as_of_month) as last_month
    from {{ ref('int_client_month') }}
    group by client_key

),

loan as (

    select loans.client_key, count(*) as loans, min(loans.disbursed_on) as first_disbursed_on
    from {{ ref('int_loan') }} as loans
    inner join reporting
        on loans.disbursed_on <= reporting.last_month
    group by loans.client_key

),

client as (

    select
        versions.client_key,
        min(cast(identity.first_known_at as date)) as first_known_on,
        count(distinct versions.source_system || '|' || versions.client_no) as registrations
    from {{ ref('int_client_version') }} as versions
    inner join {{ ref('int_client_identity') }} as identity
        on versions.source_system = identity.source_system
        and versions.client_no = identity.client_no
    cross join reporting
    -- who has borrowed is a client, even when its registration was written later
    left join loan
        on versions.client_key = loan.client_key
    where versions.valid_from <= reporting.last_month or loan.client_key is not null
    group by versions.client_key

)

select
    client.client_key,
    cast(client.registrations as integer) as registrations,
    client.first_known_on,
    last_span.relationship_started_on,
    last_span.registered_on,
    last_span.branch_code,
    last_span.region_code,
    last_span.org_type,
    last_span.industry_code_system,
    last_span.industry_code_edition,
    last_span.industry_code,
    industry.evidence_sector_base as sector_base,
    {% for axis in segment_axes() | map('lower') -%}
    segments.{{ axis }}_segment,
    {% endfor -%}
    size.size_basis,
    coalesce(not last_span.has_left, false) as is_active,
    last_span.left_status,
    grid.first_month,
    grid.last_month,
    cast(coalesce(loan.loans, 0) as integer) as loans,
    loan.first_disbursed_on
from client
left join last_span on client.client_key = last_span.client_key
left join grid on client.client_key = grid.client_key
left join {{ ref('fct_client_segment_month') }} as segments
    on client.client_key = segments.client_key
    and grid.last_month = segments.as_of_month
left join {{ ref('seg_industry') }} as industry
    on client.client_key = industry.client_key
    and grid.last_month = industry.as_of_month
left join {{ ref('seg_size') }} as size
    on client.client_key = size.client_key
    and grid.last_month = size.as_of_month
left join loan on client.client_key = loan.client_key
