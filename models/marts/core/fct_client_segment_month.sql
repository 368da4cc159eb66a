-- The six segments of every client at every month end, side by side.
{{ monthly_model() }}
select
    grid.client_key,
    grid.as_of_month,
    {% for axis in segment_axes() | map('lower') -%}
    {{ axis }}.final_segment as {{ axis }}_segment{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('int_client_month') }} as grid
{% for axis in segment_axes() | map('lower') -%}
left join {{ ref('seg_' ~ axis) }} as {{ axis }}
    on grid.client_key = {{ axis }}.client_key
    and grid.as_of_month = {{ axis }}.as_of_month
{% endfor -%}
where grid.as_of_month >= {{ first_rebuilt_month() }}
