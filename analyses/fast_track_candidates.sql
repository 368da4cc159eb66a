-- Which small and medium clients may use the fast track (快速审批贷) today?
select
    client_key,
    size_segment,
    credit_segment,
    exposure_amount,
    service_level_days,
    control_track,
    collateral_coverage_min,
    offered_product_codes
from {{ ref('mart_client_policy') }}
where approval_track = 'FAST'
order by size_segment asc, exposure_amount desc nulls last, client_key asc
