-- Every industry code as delivered (code, system, edition) and what it stands for. A code list is small, so it is
-- resolved once here and not once a client. Accepted forms: C3911, 3911, 39, C, "C39 ...", full width, a leading zero
-- lost in a spreadsheet, the plain name of a class (domain.md section 1b).
with delivered as (

    select distinct
        industry_code as delivered_code,
        industry_code_system as delivered_system,
        industry_code_edition as delivered_edition
    from {{ ref('inp_clients') }}
    where industry_code is not null

),

read as (

    select
        *,
        nullif(upper(read_text(delivered_code)), '0') as cleaned_code,
        coalesce(read_code(delivered_system), 'GBT4754') as code_system,
        read_id(delivered_edition) as edition
    from delivered

),

split as (

    select
        *,
        nullif(regexp_extract(cleaned_code, '^([A-U]?)[0-9]*([ .:].*)?$', 1), '') as section_letter,
        nullif(regexp_extract(cleaned_code, '^[A-U]?([0-9]+)([ .:].*)?$', 1), '') as digits,
        nullif(trim(regexp_extract(cleaned_code, '^[A-U]?[0-9]+[ .:](.*)$', 1)), '') as written_title
    from read

),

-- the ways to read a code, in order; the first that the list knows is taken
candidates as (

    select
        split.*,
        reading.reading_order,
        reading.candidate_code
    from split
    cross join lateral (
        select 1 as reading_order, coalesce(digits, section_letter) as candidate_code
        union all
        -- NAICS is kept to four digits in the list: a longer code is known by its first four
        select 2, case when code_system = 'NAICS' and length(digits) > 4 then left(digits, 4) end
        union all
        -- a spreadsheet takes the zero from a number, never from a text that starts with a letter
        select 3, case when length(digits) < 4 and code_system <> 'NAICS' and section_letter is null then '0' || digits end
        union all
        -- the edition of 2011 is listed in full only where it differs: elsewhere its group or division knows the code
        select 4, case when code_system = 'GBT4754' and edition = '2011' and length(digits) = 4 then left(digits, 3) end
        union all
        select 5, case when code_system = 'GBT4754' and edition = '2011' and length(digits) >= 3 then left(digits, 2) end
        union all
        select 6, (
            select min(named.code) from {{ ref('ref_industry_code') }} as named
            where named.code_system = split.code_system and named.title = split.cleaned_code
        )
    ) as reading
    where reading.candidate_code is not null

),

-- Without an edition the newest one that knows the code is meant, unless editions give the code to different sectors;
-- a section letter that fits only one of them decides.
editions as (

    select
        candidates.*,
        known.edition as known_edition,
        known.section_code,
        row_number() over (
            partition by candidates.delivered_code, candidates.delivered_system, candidates.delivered_edition
            order by candidates.reading_order asc, known.edition desc
        ) as choice,
        min(coalesce(sector.sector_base, '')) over one_reading as first_sector,
        max(coalesce(sector.sector_base, '')) over one_reading as last_sector,
        min(known.title) over one_reading as first_title,
        max(known.title) over one_reading as last_title
    from candidates
    inner join {{ ref('ref_industry_code') }} as known
        on candidates.code_system = known.code_system
        and candidates.candidate_code = known.code
        and (candidates.edition is null or candidates.edition = known.edition)
        and (candidates.section_letter is null or candidates.section_letter = known.section_code or candidates.digits is null)
    left join {{ ref('stg_industry_sector') }} as sector
        on known.code_system = sector.code_system
        and known.edition = sector.edition
        and known.code = sector.code
    window one_reading as (
        partition by candidates.delivered_code, candidates.delivered_system, candidates.delivered_edition, candidates.reading_order
    )

),

chosen as (

    select
        *,
        edition is null and (first_sector <> last_sector or first_title <> last_title) as is_ambiguous
    from editions
    where choice = 1

),

-- "C39 ..." whose words are the title of a code that is neither above nor below it
titled as (

    select
        chosen.delivered_code,
        chosen.delivered_system,
        chosen.delivered_edition,
        bool_or(
            starts_with(named.code, chosen.candidate_code)
            or starts_with(chosen.candidate_code, named.code)
            or named.code = chosen.section_code
        ) as is_confirmed
    from chosen
    inner join {{ ref('ref_industry_code') }} as named
        on chosen.code_system = named.code_system
        and chosen.written_title = named.title
    group by chosen.delivered_code, chosen.delivered_system, chosen.delivered_edition

)

select
    split.delivered_code,
    split.delivered_system,
    split.delivered_edition,
    split.cleaned_code,
    case when split.cleaned_code is not null then split.code_system end as resolved_system,
    case when not chosen.is_ambiguous and coalesce(titled.is_confirmed, true) then chosen.known_edition end as resolved_edition,
    case when not chosen.is_ambiguous and coalesce(titled.is_confirmed, true) then chosen.candidate_code end as resolved_code,
    case
        when split.cleaned_code is null then 'W_NULLED'
        when chosen.choice is null or not coalesce(titled.is_confirmed, true) then 'S_INDUSTRY'
        when chosen.is_ambiguous then 'AMBIGUOUS_INDUSTRY_EDITION'
        when chosen.reading_order = 3 then 'W_PAD'
        else mark_code(split.delivered_code, split.cleaned_code, [])
    end as mark
from split
left join chosen
    on split.delivered_code = chosen.delivered_code
    and split.delivered_system is not distinct from chosen.delivered_system
    and split.delivered_edition is not distinct from chosen.delivered_edition
left join titled
    on split.delivered_code = titled.delivered_code
    and split.delivered_system is not distinct from titled.delivered_system
    and split.delivered_edition is not distinct from titled.delivered_edition
