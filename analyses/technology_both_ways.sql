-- How many clients are technology by division, and how many only through the high-technology overlay?
select
    clients.sector_base,
    clients.industry_segment,
    cast(count(*) as bigint) as clients,
    cast(sum(case when policy.exposure_amount > 0 then 1 else 0 end) as bigint) as borrowers
from {{ ref('dim_client') }} as clients
left join {{ ref('mart_client_policy') }} as policy
    on clients.client_key = policy.client_key
where clients.is_active
group by clients.sector_base, clients.industry_segment
order by clients.sector_base nulls last, clients.industry_segment nulls last
