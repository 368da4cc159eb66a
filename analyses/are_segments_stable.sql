-- Do segments flap or drift, and how much is held back or overridden?
select
    axis,
    as_of_month,
    clients,
    stay_rate,
    flip_flops,
    held_back,
    overridden,
    psi_quarter,
    drift_level
from {{ ref('mart_segment_stability') }}
where drift_level <> 'STABLE'
    or flip_flops > 0
order by axis, as_of_month
