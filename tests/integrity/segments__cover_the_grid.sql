-- Every client and month of the grid has its row on every axis, and no axis has a row beside the grid.
{% for axis in ['industry', 'size'] %}
select '{{ axis }}' as axis, coalesce(grid.client_key, segments.client_key) as client_key, coalesce(grid.as_of_month, segments.as_of_month) as as_of_month
from {{ ref('int_client_month') }} as grid
full join {{ ref('seg_' ~ axis) }} as segments
    on grid.client_key = segments.client_key
    and grid.as_of_month = segments.as_of_month
where grid.client_key is null or segments.client_key is null
{{ 'union all' if not loop.last }}
{% endfor %}
