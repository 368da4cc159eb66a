-- Which products does the catalogue have for whom, at which price over the LPR?
select
    product_code,
    name_en,
    name_zh,
    amount_min_yuan,
    amount_max_yuan,
    term_months_min,
    term_months_max,
    spread_high_bp,
    spread_medium_bp,
    spread_elevated_bp,
    target_segments,
    condition_in_words
from {{ ref('dim_product') }}
where is_in_catalogue
order by product_code
