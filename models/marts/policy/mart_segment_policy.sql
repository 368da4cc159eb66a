-- What policy asks of every segment, from one change to the next: a tier by itself, a segment of another axis on the
-- reference tier, both after the market regime.
with regime_month as (

    select
        sector,
        as_of_month,
        regime,
        lag(regime) over (partition by sector order by as_of_month) as regime_before
    from {{ ref('seg_market_regime') }}

),

regime_span as (

    select
        sector,
        regime,
        as_of_month as valid_from,
        coalesce(lead(as_of_month) over (partition by sector order by as_of_month), date '9999-12-31') as valid_to
    from regime_month
    where regime is distinct from regime_before

),

segment as (

    select
        axis,
        segment_code,
        -- the regime of a sector is that of its own indicators, of the others that of the whole market
        case when axis = 'INDUSTRY' then segment_code else 'ALL' end as regime_sector
    from {{ ref('ref_segment') }}

),

stretch as (

    select
        segment.axis,
        segment.segment_code,
        segment.regime_sector,
        regime_span.regime,
        versions.policy_from,
        greatest(regime_span.valid_from, versions.policy_from) as valid_from,
        least(regime_span.valid_to, versions.policy_to) as valid_to,
        tier.credit_segment as reference_segment
    from segment
    inner join regime_span
        on segment.regime_sector = regime_span.sector
    inner join {{ policy_versions() }} as versions
        on regime_span.valid_from < versions.policy_to
        and regime_span.valid_to > versions.policy_from
    inner join {{ ref('rule_tier_policy') }} as tier
        on versions.policy_from >= tier.valid_from
        and versions.policy_from < tier.valid_to
    where tier.is_reference

),

keyed as (

    select
        stretch.*,
        {% for axis in segment_axes() -%}
        {% if axis == 'CREDIT' -%}
        case when stretch.axis = 'CREDIT' then stretch.segment_code else stretch.reference_segment end as credit_segment{{ ',' if not loop.last }}
        {%- else -%}
        case when stretch.axis = '{{ axis }}' then stretch.segment_code end as {{ axis | lower }}_segment{{ ',' if not loop.last }}
        {%- endif %}
        {% endfor %}
    from stretch

),

priced as (

    select
        keyed.axis,
        keyed.segment_code,
        keyed.valid_from,
        keyed.valid_to,
        keyed.regime,
        keyed.regime_sector,
        keyed.credit_segment as base_credit_segment,
        keyed.policy_from,
        products.product_code as standard_product_code,
        -- under a knock-out there is no price
        case when not levers.is_knocked_out then prices.spread_bp + levers.spread_add_bp end as spread_bp,
        tracks.track as approval_track,
        levers.*
    from keyed
    inner join {{ policy_levers_side_by_side(policy_levers()) }} as levers
        on {{ policy_case_key('keyed') }} = levers.policy_case_key
    left join {{ ref('rule_product') }} as products
        on products.is_standard
        and keyed.policy_from >= products.valid_from
        and keyed.policy_from < products.valid_to
    left join {{ ref('rule_product_segment') }} as prices
        on products.product_code = prices.product_code
        and prices.axis = 'CREDIT'
        and keyed.credit_segment = prices.segment_code
        and keyed.policy_from >= prices.valid_from
        and keyed.policy_from < prices.valid_to
    left join {{ ref('rule_approval_track') }} as tracks
        on levers.approval_rank = tracks.control_rank
        and not tracks.is_fast
        and keyed.policy_from >= tracks.valid_from
        and keyed.policy_from < tracks.valid_to

),

-- a new version of a rule that leaves the segment as it was is no change
content as (

    select
        *,
        concat_ws('|', regime, base_credit_segment, standard_product_code, coalesce(cast(spread_bp as varchar), '~'), coalesce(approval_track, '~')
            {%- for lever in policy_levers() -%}
            , coalesce(cast({{ lever | lower }} as varchar), '~'), {{ lever | lower }}_rule
            {%- endfor -%}
        ) as text
    from priced

),

compared as (

    select
        *,
        lag(text) over (partition by axis, segment_code order by valid_from) as text_before
    from content

),

changed as (

    select
        *,
        lead(valid_from) over (partition by axis, segment_code order by valid_from) as next_from
    from compared
    where text is distinct from text_before

)

select
    axis,
    segment_code,
    valid_from,
    coalesce(next_from, date '9999-12-31') as valid_to,
    next_from is null as is_current,
    base_credit_segment,
    regime_sector,
    regime,
    standard_product_code,
    spread_bp,
    limit_multiplier,
    unsecured_share_max,
    cast(unsecured_amount_max as decimal(18,2)) as unsecured_amount_max_yuan,
    collateral_coverage_min,
    guarantor_required = 1 as is_guarantor_required,
    repayment_methods,
    cast(interest_only_months_max as integer) as interest_only_months_max,
    cast(holidays_per_year_max as integer) as holidays_per_year_max,
    free_prepayment = 1 as has_free_prepayment,
    approval_track,
    service_level_days,
    cast(fast_track_amount_max as decimal(18,2)) as fast_track_amount_max_yuan,
    monitoring_interval_months,
    review_interval_months,
    use_of_funds_share,
    project_haircut_share,
    new_credit_allowed = 1 as is_new_credit_allowed,
    new_product_allowed = 1 as is_new_product_allowed,
    changed_levers,
    policy_from
from changed
