-- Which borrowers show early signs of a default today, since when?
select
    client_key,
    signals,
    score,
    score_limit,
    flagged_since,
    is_new
from {{ ref('mart_early_warning') }}
where as_of_month = (select max(as_of_month) from {{ ref('dim_month') }})
order by score desc, client_key asc
