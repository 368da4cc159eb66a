-- What a code of the list stands for: base sector, section of GB/T 4754, technology by the national lists, and the row
-- of the size standard. The longest prefix that a list holds decides.
with code as (

    select code_system, edition, code, section_code
    from {{ ref('ref_industry_code') }}

),

sector as (

    select
        code.code_system,
        code.edition,
        code.code,
        prefix.sector_base,
        prefix.section_code,
        prefix.is_green,
        row_number() over (
            partition by code.code_system, code.edition, code.code
            order by length(prefix.code_prefix) desc, prefix.code_prefix
        ) as choice
    from code
    inner join {{ ref('ref_industry_sector') }} as prefix
        on code.code_system = prefix.code_system
        and code.edition = prefix.edition
        and starts_with(code.code, prefix.code_prefix)

),

-- a prefix of which the standard takes only a part does not make a client a technology firm
hi_tech as (

    select distinct code.code_system, code.edition, code.code
    from code
    inner join {{ ref('ref_hi_tech_code') }} as prefix
        on code.code_system = prefix.code_system
        and code.edition = prefix.edition
        and starts_with(code.code, prefix.code_prefix)
    where not prefix.is_part

),

size_scope as (

    select
        code.code_system,
        code.edition,
        code.code,
        prefix.size_row,
        prefix.is_by_analogy,
        row_number() over (
            partition by code.code_system, code.edition, code.code
            order by length(prefix.code_prefix) desc, prefix.code_prefix
        ) as choice
    from code
    inner join {{ ref('ref_size_scope') }} as prefix
        on code.code_system = prefix.code_system
        and code.edition = prefix.edition
        and starts_with(code.code, prefix.code_prefix)

)

select
    code.code_system,
    code.edition,
    code.code,
    sector.sector_base,
    coalesce(sector.section_code, code.section_code) as section_code,
    coalesce(sector.is_green, false) as is_green,
    hi_tech.code is not null as is_hi_tech,
    size_scope.size_row,
    coalesce(size_scope.is_by_analogy, false) as is_size_by_analogy
from code
left join sector
    on code.code_system = sector.code_system and code.edition = sector.edition and code.code = sector.code and sector.choice = 1
left join hi_tech
    on code.code_system = hi_tech.code_system and code.edition = hi_tech.edition and code.code = hi_tech.code
left join size_scope
    on code.code_system = size_scope.code_system and code.edition = size_scope.edition and code.code = size_scope.code and size_scope.choice = 1
