select as_of_month, axis, psi_quarter as value
from marts.mart_segment_stability
where psi_quarter is not null
