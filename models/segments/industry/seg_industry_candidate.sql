-- What the industry rule says of every client and month: the base sector of its industry code, with technology laid over it
-- (domain.md section 1b): a code of the national high-technology lists, or a valid technology certificate in a section
-- where the lender counts it (seed rule_industry_segment).
{{ monthly_model() }}
with facts as (

    select
        grid.client_key,
        grid.as_of_month,
        spans.industry_code_system,
        spans.industry_code_edition,
        spans.industry_code,
        spans.has_industry_code,
        sector.sector_base,
        sector.section_code,
        coalesce(sector.is_hi_tech, false) as is_hi_tech,
        coalesce(sector.is_green, false) as is_green,
        case
            when spans.technology_certificate is not null
                and (spans.technology_certificate_expires_on is null or spans.technology_certificate_expires_on >= grid.as_of_month)
                then spans.technology_certificate
        end as valid_certificate
    from {{ ref('int_client_month') }} as grid
    inner join {{ ref('int_client_span') }} as spans
        on grid.client_key = spans.client_key
        and grid.from_month = spans.from_month
    left join {{ ref('stg_industry_sector') }} as sector
        on spans.industry_code_system = sector.code_system
        and spans.industry_code_edition = sector.edition
        and spans.industry_code = sector.code
    where grid.as_of_month >= {{ first_rebuilt_month() }}

),

ruled as (

    select
        facts.*,
        rules.segment_code,
        rules.rule_id,
        rules.rule_version,
        coalesce(rules.takes_hi_tech_code, false) and facts.is_hi_tech as is_technology_by_code,
        coalesce(rules.takes_certificate, false) and facts.valid_certificate is not null as is_technology_by_certificate
    from facts
    left join {{ ref('rule_industry_segment') }} as rules
        on facts.sector_base = rules.sector_base
        and (rules.section_code is null or rules.section_code = facts.section_code)
        and rules.valid_from <= facts.as_of_month
        and rules.valid_to > facts.as_of_month

)

select
    client_key,
    as_of_month,
    case
        when is_technology_by_code or is_technology_by_certificate then 'TECHNOLOGY'
        else coalesce(segment_code, 'UNKNOWN')
    end as entry_segment,
    cast(null as integer) as entry_order,
    cast(null as varchar) as stay_segments,
    coalesce(rule_id, 'INDUSTRY_UNKNOWN') as rule_id,
    coalesce(rule_version, '1') as rule_version,
    case
        when is_technology_by_code then 'TECHNOLOGY_BY_CODE'
        when is_technology_by_certificate then 'TECHNOLOGY_BY_CERTIFICATE'
        when segment_code is not null then 'SECTOR_OF_CODE'
        when has_industry_code then 'CODE_NOT_RESOLVED'
        else 'CODE_MISSING'
    end as reason_code,
    industry_code_system as evidence_code_system,
    industry_code_edition as evidence_code_edition,
    industry_code as evidence_industry_code,
    section_code as evidence_section_code,
    sector_base as evidence_sector_base,
    is_hi_tech as evidence_is_hi_tech_code,
    valid_certificate as evidence_certificate,
    is_green as evidence_is_green
from ruled
