-- The type of every project, as spans over the versions of the rules: the delivered code where it is a type of the
-- axis, else the first keyword of the subtype, of the sector text or of the name, else the type that the rules give to
-- the rest.
with project as (

    select
        {{ key_of(['project_no']) }} as project_key,
        project_no,
        project_type,
        project_subtype,
        sector_text,
        project_name
    from {{ ref('stg_projects') }}

),

-- days on which a rule begins or ends
change as (

    select valid_from as changed_on
    from {{ ref('rule_project_keyword') }}
    union
    select valid_to
    from {{ ref('rule_project_keyword') }}
    where valid_to < date '9999-12-31'
    union
    select valid_from
    from {{ ref('rule_segment') }}
    where axis = 'PROJECT_TYPE'
    union
    select valid_to
    from {{ ref('rule_segment') }}
    where axis = 'PROJECT_TYPE' and valid_to < date '9999-12-31'

),

span as (

    select
        changed_on as valid_from,
        coalesce(lead(changed_on) over (order by changed_on), date '9999-12-31') as valid_to
    from change

),

delivered_text as (

    select project_key, 1 as text_rank, 'KEYWORD_SUBTYPE' as type_basis, project_subtype as text
    from project
    where project_subtype is not null
    union all
    select project_key, 2, 'KEYWORD_TEXT', sector_text
    from project
    where sector_text is not null
    union all
    select project_key, 3, 'KEYWORD_NAME', project_name
    from project
    where project_name is not null

),

-- words stand between blanks, so that port is not found in support; Chinese has no blanks between words, and those that
-- stray into a name are no part of it
readable_text as (

    select
        project_key,
        text_rank,
        type_basis,
        ' ' || translate(lower(text), '_-/,.;:()&+|　', '             ') || ' ' as words,
        replace(replace(lower(text), ' ', ''), '　', '') as letters
    from delivered_text

),

offer as (

    select
        project.project_key,
        span.valid_from,
        0 as text_rank,
        0 as match_order,
        cast(null as varchar) as matched_keyword,
        'CODE' as type_basis,
        listed.segment_code as project_type,
        listed.rule_version
    from project
    inner join {{ ref('rule_segment') }} as listed
        on project.project_type = listed.segment_code
        and listed.axis = 'PROJECT_TYPE'
        -- that there is no project is not a type of one
        and listed.is_askable
    inner join span
        on listed.valid_from <= span.valid_from
        and listed.valid_to > span.valid_from

    union all

    select
        readable_text.project_key,
        span.valid_from,
        readable_text.text_rank,
        keyword.match_order,
        keyword.keyword,
        readable_text.type_basis,
        keyword.project_type,
        keyword.rule_version
    from readable_text
    cross join {{ ref('rule_project_keyword') }} as keyword
    inner join span
        on keyword.valid_from <= span.valid_from
        and keyword.valid_to > span.valid_from
    where case keyword.match_kind
        when 'WORD' then contains(readable_text.words, ' ' || keyword.keyword || ' ')
        when 'PART' then contains(readable_text.letters, keyword.keyword)
        else false
    end

    union all

    select
        project.project_key,
        span.valid_from,
        9,
        rest.match_order,
        null,
        'NONE',
        rest.project_type,
        rest.rule_version
    from project
    cross join {{ ref('rule_project_keyword') }} as rest
    inner join span
        on rest.valid_from <= span.valid_from
        and rest.valid_to > span.valid_from
    where rest.match_kind = 'DEFAULT'

),

ranked as (

    select
        *,
        row_number() over (
            partition by project_key, valid_from
            order by text_rank asc, match_order asc, length(matched_keyword) desc nulls last, matched_keyword asc nulls last
        ) as choice
    from offer

)

select
    ranked.project_key,
    project.project_no,
    ranked.valid_from,
    span.valid_to,
    ranked.project_type,
    ranked.type_basis,
    ranked.matched_keyword,
    ranked.rule_version
from ranked
inner join project
    on ranked.project_key = project.project_key
inner join span
    on ranked.valid_from = span.valid_from
where ranked.choice = 1
