-- Which potential quality clients, with or without a loan, should be approached first, and with what?
select
    policy.client_key,
    policy.industry_segment,
    policy.credit_segment,
    clients.loans,
    policy.limit_amount,
    policy.best_product_code,
    policy.indicative_rate
from {{ ref('mart_client_policy') }} as policy
inner join {{ ref('dim_client') }} as clients
    on policy.client_key = clients.client_key
where policy.behaviour_segment = 'POTENTIAL_QUALITY'
    and policy.is_new_credit_allowed
order by policy.limit_amount desc nulls last, policy.client_key asc
