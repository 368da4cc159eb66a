-- How fast the clients of a sector grow: the median of their yearly growth over three years. One row per INDUSTRY segment
-- and month with a client in it. It reads a segment, so it stands with the segments and not with the features.
{{ monthly_model() }}
select
    sector.as_of_month,
    sector.final_segment as sector_segment,
    cast(count(lifecycle.cagr_3y) as integer) as clients_with_growth,
    -- the middle between two clients is rounded as a decimal, not as a double
    cast(round(cast(median(cast(lifecycle.cagr_3y as double)) as decimal(28,10)), 6) as decimal(18,6)) as median_growth
from {{ ref('seg_industry') }} as sector
left join {{ ref('int_client_lifecycle_month') }} as lifecycle
    on sector.client_key = lifecycle.client_key
    and sector.as_of_month = lifecycle.as_of_month
where sector.as_of_month >= {{ first_rebuilt_month() }}
group by sector.as_of_month, sector.final_segment
