-- Every client and month of the grid has one row of the candidate, and the candidate has no other.
select coalesce(grid.client_key, candidate.client_key) as client_key, coalesce(grid.as_of_month, candidate.as_of_month) as as_of_month
from {{ ref('int_client_month') }} as grid
full join {{ ref('seg_lifecycle_candidate') }} as candidate
    on grid.client_key = candidate.client_key
    and grid.as_of_month = candidate.as_of_month
where grid.client_key is null or candidate.client_key is null
