-- Which projects miss the coverage, gearing, tenor or tail that their type asks for?
select
    project_key,
    project_type,
    revenue_model,
    phase,
    slotting_grade,
    required_dscr_minimum,
    actual_dscr_minimum,
    dscr_headroom,
    llcr_headroom,
    gearing_headroom,
    tenor_years_headroom,
    tail_years_headroom,
    breaches,
    tested_levers
from {{ ref('mart_project_scheme') }}
where breaches > 0
order by breaches desc, project_key asc
