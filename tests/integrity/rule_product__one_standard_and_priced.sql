-- At any time one product stands for the price of a tier, one tier is the reference, and a product that is priced by tier
-- has a price for every tier that may have it, and where the tier decides how loans are repaid, a method that it allows.
with days as (

    select valid_from as day from {{ ref('rule_product') }}
    union
    select valid_from from {{ ref('rule_tier_policy') }}
    union
    select valid_from from {{ ref('rule_product_segment') }}

),

standard as (

    select days.day, count(products.product_code) as found
    from days
    left join {{ ref('rule_product') }} as products
        on days.day >= products.valid_from
        and days.day < products.valid_to
        and products.is_standard
    group by days.day

),

reference_tier as (

    select days.day, count(tiers.credit_segment) as found
    from days
    left join {{ ref('rule_tier_policy') }} as tiers
        on days.day >= tiers.valid_from
        and days.day < tiers.valid_to
        and tiers.is_reference
    group by days.day

)

select 'STANDARD_PRODUCT' as problem, cast(day as varchar) as what from standard where found <> 1
union all
select 'REFERENCE_TIER', cast(day as varchar) from reference_tier where found <> 1
union all
select 'NO_PRICE', segments.product_code || ' ' || segments.segment_code
from {{ ref('rule_product_segment') }} as segments
inner join {{ ref('rule_product') }} as products
    on segments.product_code = products.product_code
    and segments.valid_from < products.valid_to
    and segments.valid_to > products.valid_from
where segments.axis = 'CREDIT'
    and (products.pricing_basis = 'SPREAD' and segments.fit <> 'EXCLUDED') <> (segments.spread_bp is not null)
union all
select 'NO_METHOD', segments.product_code || ' ' || segments.segment_code
from {{ ref('rule_product_segment') }} as segments
inner join {{ ref('rule_product') }} as products
    on segments.product_code = products.product_code
    and segments.valid_from < products.valid_to
    and segments.valid_to > products.valid_from
inner join {{ ref('rule_tier_policy') }} as tiers
    on segments.segment_code = tiers.credit_segment
    and segments.valid_from < tiers.valid_to
    and segments.valid_to > tiers.valid_from
    and products.valid_from < tiers.valid_to
    and products.valid_to > tiers.valid_from
where segments.axis = 'CREDIT'
    and segments.fit <> 'EXCLUDED'
    and products.repayment_basis = 'TIER'
    and not coalesce(list_has_any({{ split_items('products.repayment_methods') }}, {{ split_items('tiers.repayment_methods') }}), true)
