-- The product catalogue at the end of the history, with the products that were delivered but that it does not list.
with reporting as (

    select * from {{ ref('stg_reporting_window') }}

),

catalogue as (

    select products.*
    from {{ ref('rule_product') }} as products
    inner join reporting
        on reporting.last_month >= products.valid_from
        and reporting.last_month < products.valid_to

),

price as (

    select
        segments.product_code,
        max(case when segments.segment_code = 'HIGH' then segments.spread_bp end) as spread_high_bp,
        max(case when segments.segment_code = 'MEDIUM' then segments.spread_bp end) as spread_medium_bp,
        max(case when segments.segment_code = 'ELEVATED' then segments.spread_bp end) as spread_elevated_bp,
        string_agg(case when segments.fit = 'TARGET' then segments.axis || ' ' || segments.segment_code end, '; ' order by segments.axis, segments.segment_code) as target_segments
    from {{ ref('rule_product_segment') }} as segments
    inner join reporting
        on reporting.last_month >= segments.valid_from
        and reporting.last_month < segments.valid_to
    group by segments.product_code

),

delivered as (

    select product_code from {{ ref('stg_loans') }}
    union
    select product_code from {{ ref('stg_loan_applications') }}
    union
    select product_code from {{ ref('stg_facilities') }}

),

listed as (

    select product_code from catalogue
    union
    select product_code from delivered
    where product_code is not null

)

select
    listed.product_code,
    catalogue.product_code is not null as is_in_catalogue,
    catalogue.name_en,
    catalogue.name_zh,
    catalogue.amount_min as amount_min_yuan,
    catalogue.amount_max as amount_max_yuan,
    catalogue.term_months_min,
    catalogue.term_months_max,
    catalogue.limit_months_max,
    catalogue.lpr_basis,
    catalogue.pricing_basis,
    price.spread_high_bp,
    price.spread_medium_bp,
    price.spread_elevated_bp,
    catalogue.repayment_methods,
    catalogue.repayment_basis,
    catalogue.unsecured_share_max,
    cast(catalogue.unsecured_amount_max as decimal(18,2)) as unsecured_amount_max_yuan,
    catalogue.collateral_coverage_min,
    catalogue.service_level_days,
    catalogue.is_revolving,
    catalogue.is_project_finance,
    catalogue.closed_axes,
    catalogue.needs_green_use,
    catalogue.is_renewal,
    price.target_segments,
    catalogue.condition_in_words,
    catalogue.rule_version
from listed
left join catalogue
    on listed.product_code = catalogue.product_code
left join price
    on listed.product_code = price.product_code
