-- Every change of a client's segment on an axis, with its entry into the grid and its exit.
{{ monthly_model() }}
with {{ segment_pairs(segment_axes()) }}

select
    axis_pair.client_key,
    axis_pair.axis,
    axis_pair.as_of_month,
    axis_pair.from_segment,
    axis_pair.to_segment
from axis_pair
cross join {{ ref('stg_reporting_window') }} as reporting
where axis_pair.from_segment <> axis_pair.to_segment
    and axis_pair.as_of_month <= reporting.last_month
    and axis_pair.as_of_month >= {{ first_rebuilt_month() }}
