-- Every client and month of the grid has exactly one row in every segment model and in fct_client_segment_month: nobody
-- is lost, nobody is counted twice, and nobody stands in a month that the grid does not have.
{%- set relations = [ref('fct_client_segment_month')] %}
{%- for axis in segment_axes() %}{% do relations.append(ref('seg_' ~ axis | lower)) %}{% endfor %}
{% for relation in relations %}
select
    '{{ relation.identifier }}' as relation_name,
    coalesce(grid.client_key, segments.client_key) as client_key,
    coalesce(grid.as_of_month, segments.as_of_month) as as_of_month,
    count(segments.client_key) as found_rows
from {{ ref('int_client_month') }} as grid
full outer join {{ relation }} as segments
    on grid.client_key = segments.client_key
    and grid.as_of_month = segments.as_of_month
group by 1, 2, 3
having count(segments.client_key) <> 1 or count(grid.client_key) <> 1
{{ 'union all' if not loop.last }}
{% endfor %}
