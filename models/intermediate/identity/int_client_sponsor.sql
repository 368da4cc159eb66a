-- Who sponsors a project company, as spans: from SPONSOR_OF edges, else from the projects it borrows for. When several
-- sponsors hold at once the largest owner counts, then the one known longest.
with edges as (

    select
        sponsor.client_key as sponsor_client_key,
        company.client_key,
        1 as source_rank,
        edge.ownership_share,
        edge.valid_from,
        -- the last day is included
        coalesce(cast(edge.valid_to + 1 as date), date '9999-12-31') as valid_to
    from {{ ref('stg_client_relationships') }} as edge
    inner join {{ ref('int_client_identity') }} as sponsor
        on edge.from_source_system = sponsor.source_system and edge.from_client_no = sponsor.client_no
    inner join {{ ref('int_client_identity') }} as company
        on edge.to_source_system = company.source_system and edge.to_client_no = company.client_no
    where edge.relationship_type = 'SPONSOR_OF'

    union all

    select
        sponsor.client_key,
        company.client_key,
        2,
        null,
        coalesce(project.financial_close_on, date '1900-01-01'),
        date '9999-12-31'
    from {{ ref('stg_projects') }} as project
    inner join {{ ref('int_client_identity') }} as sponsor
        on project.sponsor_source_system = sponsor.source_system and project.sponsor_client_no = sponsor.client_no
    inner join {{ ref('int_client_identity') }} as company
        on project.borrower_source_system = company.source_system and project.borrower_client_no = company.client_no

),

starts as (

    select distinct client_key, last_day(valid_from) as from_month
    from edges
    where client_key <> sponsor_client_key
    union
    select distinct client_key, last_day(valid_to)
    from edges
    where client_key <> sponsor_client_key and valid_to < date '9999-01-01'

),

ranked as (

    select
        starts.client_key,
        starts.from_month,
        edges.sponsor_client_key,
        row_number() over (
            partition by starts.client_key, starts.from_month
            order by edges.source_rank asc nulls last, edges.ownership_share desc nulls last, edges.valid_from asc, edges.sponsor_client_key asc
        ) as choice
    from starts
    left join edges
        on starts.client_key = edges.client_key
        and edges.client_key <> edges.sponsor_client_key
        and edges.valid_from <= starts.from_month
        and edges.valid_to > starts.from_month

)

select
    client_key,
    from_month,
    coalesce(lead(from_month) over (partition by client_key order by from_month), date '9999-12-31') as to_month,
    sponsor_client_key
from ranked
where choice = 1
