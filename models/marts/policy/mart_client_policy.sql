-- The policy of every current client, resolved over its six axes and the regime of its sector, with the rule that bound
-- each lever, the limit that follows and the product that suits best.
with reporting as (

    select * from {{ ref('stg_reporting_window') }}

),

client as (

    select
        segments.*,
        coalesce(regime.regime, 'NEUTRAL') as regime,
        versions.policy_from,
        reporting.last_month as policy_on
    from {{ ref('fct_client_segment_month') }} as segments
    inner join reporting
        on segments.as_of_month = reporting.last_month
    inner join {{ policy_versions() }} as versions
        on reporting.last_month >= versions.policy_from
        and reporting.last_month < versions.policy_to
    left join {{ ref('seg_market_regime') }} as regime
        on segments.industry_segment = regime.sector
        and segments.as_of_month = regime.as_of_month

),

-- what is not known to be green is not: a project without a mark is none
green_project as (

    select distinct project.borrower_client_key as client_key
    from {{ ref('int_project') }} as project
    inner join {{ ref('int_project_month') }} as months
        on project.project_key = months.project_key
    inner join reporting
        on months.as_of_month = reporting.last_month
    where project.is_green
        and months.phase <> 'CLOSED'
        and project.borrower_client_key is not null

),

resolved as (

    select
        client.*,
        green_project.client_key is not null or coalesce(industry.evidence_is_green, false) as has_green_use,
        levers.* exclude (policy_case_key),
        levers.policy_case_key
    from client
    left join green_project
        on client.client_key = green_project.client_key
    left join {{ ref('seg_industry') }} as industry
        on client.client_key = industry.client_key
        and client.as_of_month = industry.as_of_month
    inner join {{ policy_levers_side_by_side(policy_levers()) }} as levers
        on {{ policy_case_key('client') }} = levers.policy_case_key

),

capacity as (

    select
        client.client_key,
        {{ capacity_basis(
            'project.evidence_role', 'behaviour.evidence_flow_months_12m', 'behaviour.evidence_inflow_12m',
            'statement.revenue_amount', 'lifecycle.evidence_is_statement_too_old', 'parameters'
        ) }} as capacity_basis,
        behaviour.evidence_inflow_12m as inflow_12m_amount,
        statement.revenue_amount,
        parameters.capacity_share_of_inflow,
        parameters.capacity_share_of_revenue,
        parameters.long_tenor_above_months
    from client
    inner join {{ policy_parameters(['CAPACITY_SHARE_OF_INFLOW', 'CAPACITY_SHARE_OF_REVENUE', 'CAPACITY_FLOW_MONTHS', 'LONG_TENOR_ABOVE_MONTHS']) }} as parameters
        on client.policy_from = parameters.policy_from
    left join {{ ref('seg_behaviour') }} as behaviour
        on client.client_key = behaviour.client_key
        and client.as_of_month = behaviour.as_of_month
    left join {{ ref('seg_lifecycle') }} as lifecycle
        on client.client_key = lifecycle.client_key
        and client.as_of_month = lifecycle.as_of_month
    left join {{ ref('seg_project_type') }} as project
        on client.client_key = project.client_key
        and client.as_of_month = project.as_of_month
    left join {{ ref('int_annual_statement_version') }} as statement
        on client.client_key = statement.client_key
        and lifecycle.evidence_statement_period_end = statement.period_end
        and client.as_of_month >= statement.from_month
        and client.as_of_month < statement.to_month

),

limits as (

    select
        *,
        case capacity_basis
            when 'INFLOW' then cast(inflow_12m_amount * capacity_share_of_inflow as decimal(18,2))
            when 'REVENUE' then cast(revenue_amount * capacity_share_of_revenue as decimal(18,2))
        end as capacity_based_limit_amount
    from capacity

),

exposure as (

    select
        client.client_key,
        coalesce(exposures.exposure_amount, 0) as exposure_amount,
        yuan.yuan_per_unit
    from client
    left join {{ ref('int_client_exposure_month') }} as exposures
        on client.client_key = exposures.client_key
        and client.as_of_month = exposures.as_of_month
    left join {{ yuan_spans() }} as yuan
        on client.as_of_month >= yuan.valid_from
        and client.as_of_month < yuan.valid_to

),

-- what may still be lent; unknown for projects, which their scheme limits, and without data
room as (

    select
        resolved.client_key,
        exposure.exposure_amount,
        exposure.exposure_amount * exposure.yuan_per_unit as exposure_yuan,
        cast(limits.capacity_based_limit_amount * resolved.limit_multiplier - exposure.exposure_amount as decimal(18,2)) as headroom_amount,
        (limits.capacity_based_limit_amount * resolved.limit_multiplier - exposure.exposure_amount) * exposure.yuan_per_unit as headroom_yuan
    from resolved
    inner join limits
        on resolved.client_key = limits.client_key
    inner join exposure
        on resolved.client_key = exposure.client_key

),

-- products of loans and lines that a client has or has had
known_product as (

    select loans.client_key, loans.product_code
    from {{ ref('int_loan') }} as loans
    cross join reporting
    where loans.disbursed_on <= reporting.last_month

    union

    select identity.client_key, lines.product_code
    from {{ ref('stg_facilities') }} as lines
    inner join {{ ref('int_client_identity') }} as identity
        on lines.source_system = identity.source_system
        and lines.client_no = identity.client_no
    cross join reporting
    where lines.started_on <= reporting.last_month

),

-- clients of the same segments get the same products
combination as (

    select distinct
        policy_case_key,
        policy_on,
        {% for axis in segment_axes() | map('lower') -%}
        {{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from resolved

),

offer as (

    select combination.*, products.product_code
    from combination
    inner join {{ ref('rule_product') }} as products
        on combination.policy_on >= products.valid_from
        and combination.policy_on < products.valid_to

),

fit as (

    select * from {{ product_fit('offer', ['policy_case_key']) }} as fits

),

-- what the segments allow; a product of which the tier leaves no way of repayment is not offered
open_to_case as (

    select
        fit.policy_case_key,
        fit.product_code,
        fit.targets,
        fit.offer_rank,
        fit.spread_bp,
        products.lpr_basis,
        products.term_months_max,
        products.service_level_days,
        products.amount_min,
        products.needs_green_use,
        products.is_renewal
    from fit
    inner join combination
        on fit.policy_case_key = combination.policy_case_key
    inner join {{ ref('rule_product') }} as products
        on fit.product_code = products.product_code
        and combination.policy_on >= products.valid_from
        and combination.policy_on < products.valid_to
    inner join {{ policy_levers_side_by_side(policy_levers()) }} as levers
        on fit.policy_case_key = levers.policy_case_key
    where not fit.is_excluded
        and not levers.is_knocked_out
        and (
            products.repayment_basis = 'PRODUCT'
            or products.repayment_methods is null
            {%- for method in repayment_levers() %}
            or (levers.repay_{{ method | lower }} = 1 and list_contains({{ split_items('products.repayment_methods') }}, '{{ method }}'))
            {%- endfor %}
        )

),

-- what the client itself can have: a renewal with something to renew; else a known green use where one is asked for, no
-- product that it never had where new ones are closed, and room for the least amount
offered as (

    select
        resolved.client_key,
        products.product_code,
        products.spread_bp,
        products.lpr_basis,
        products.term_months_max,
        products.service_level_days,
        -- what has no price by tier is made to measure, so it comes after
        row_number() over (
            partition by resolved.client_key
            order by
                case when products.spread_bp is null then 1 else 0 end asc, products.offer_rank asc nulls last, products.targets desc,
                products.spread_bp asc nulls last, products.product_code asc
        ) as place
    from resolved
    inner join room
        on resolved.client_key = room.client_key
    inner join open_to_case as products
        on resolved.policy_case_key = products.policy_case_key
    left join known_product
        on resolved.client_key = known_product.client_key
        and products.product_code = known_product.product_code
    where (not products.needs_green_use or resolved.has_green_use)
        and case
            when products.is_renewal then room.exposure_amount > 0
            else (resolved.new_product_allowed = 1 or known_product.client_key is not null)
                and coalesce(room.headroom_yuan > 0 and room.headroom_yuan >= coalesce(products.amount_min, 0), true)
        end

),

best as (

    select
        client_key,
        string_agg(product_code, ';' order by place) as offered_product_codes,
        max(case when place = 1 then product_code end) as best_product_code,
        max(case when place = 1 then spread_bp end) as best_product_spread_bp,
        max(case when place = 1 then lpr_basis end) as lpr_basis,
        max(case when place = 1 then term_months_max end) as term_months_max,
        max(case when place = 1 then service_level_days end) as service_level_days
    from offered
    group by client_key

),

applied as (

    select
        policy_case_key,
        string_agg(distinct rule_id, ';' order by rule_id) as applied_rule_ids
    from (
        select policy_case_key, {{ unnested(split_items('applied_rule_ids')) }} as rule_id
        from {{ ref('mart_policy_case_lever') }}
    ) as rules
    group by policy_case_key

),

tenor as (

    select
        resolved.client_key,
        case
            when best.lpr_basis <> 'BY_TERM' then best.lpr_basis
            when best.term_months_max > limits.long_tenor_above_months then '5Y'
            when best.lpr_basis is not null then '1Y'
        end as lpr_tenor
    from resolved
    left join best
        on resolved.client_key = best.client_key
    left join limits on resolved.client_key = limits.client_key

)

select
    resolved.client_key,
    resolved.as_of_month,
    {% for axis in segment_axes() | map('lower') -%}
    resolved.{{ axis }}_segment,
    {% endfor -%}
    resolved.regime,
    resolved.policy_from,
    resolved.policy_case_key,
    resolved.is_knocked_out,
    case when resolved.is_knocked_out then resolved.new_credit_allowed_rule end as knock_out_rule_id,
    resolved.new_credit_allowed = 1 as is_new_credit_allowed,
    resolved.new_credit_allowed_rule as new_credit_rule_id,
    resolved.new_product_allowed = 1 as is_new_product_allowed,
    resolved.new_product_allowed_rule as new_product_rule_id,
    limits.capacity_basis,
    limits.capacity_based_limit_amount,
    resolved.limit_multiplier,
    resolved.limit_multiplier_rule as limit_rule_id,
    cast(limits.capacity_based_limit_amount * resolved.limit_multiplier as decimal(18,2)) as limit_amount,
    cast(room.exposure_amount as decimal(18,2)) as exposure_amount,
    room.headroom_amount,
    resolved.unsecured_share_max,
    resolved.unsecured_share_max_rule as unsecured_share_rule_id,
    cast(resolved.unsecured_amount_max as decimal(18,2)) as unsecured_amount_max_yuan,
    resolved.unsecured_amount_max_rule as unsecured_amount_rule_id,
    resolved.collateral_coverage_min,
    resolved.collateral_coverage_min_rule as collateral_coverage_rule_id,
    resolved.guarantor_required = 1 as is_guarantor_required,
    resolved.guarantor_required_rule as guarantor_rule_id,
    resolved.repayment_methods,
    split_part(resolved.repayment_rules, ';', 1) as repayment_methods_rule_id,
    cast(resolved.interest_only_months_max as integer) as interest_only_months_max,
    resolved.interest_only_months_max_rule as interest_only_months_rule_id,
    cast(resolved.holidays_per_year_max as integer) as holidays_per_year_max,
    resolved.holidays_per_year_max_rule as holidays_rule_id,
    resolved.free_prepayment = 1 as has_free_prepayment,
    coalesce(fast.track, tracks.track) as approval_track,
    case when fast.track is not null then resolved.fast_track_amount_max_rule else resolved.approval_rank_rule end as approval_track_rule_id,
    tracks.track as control_track,
    -- a project takes longer than its tier would; none means that no time is promised
    case
        when coalesce(fast.service_level_days, resolved.service_level_days) is not null
            then greatest(coalesce(fast.service_level_days, resolved.service_level_days), coalesce(best.service_level_days, 0))
    end as service_level_days,
    resolved.monitoring_interval_months,
    resolved.monitoring_interval_months_rule as monitoring_rule_id,
    resolved.review_interval_months,
    resolved.review_interval_months_rule as review_rule_id,
    resolved.use_of_funds_share,
    resolved.use_of_funds_share_rule as use_of_funds_rule_id,
    resolved.project_haircut_share,
    resolved.has_green_use,
    best.offered_product_codes,
    best.best_product_code,
    cast(best.best_product_spread_bp + resolved.spread_add_bp as decimal(18,6)) as spread_bp,
    resolved.spread_add_bp_rule as spread_rule_id,
    tenor.lpr_tenor,
    prime.rate as lpr_rate,
    cast(prime.rate + (best.best_product_spread_bp + resolved.spread_add_bp) / 10000 as decimal(9,6)) as indicative_rate,
    applied.applied_rule_ids
from resolved
left join limits on resolved.client_key = limits.client_key
inner join room on resolved.client_key = room.client_key
left join best on resolved.client_key = best.client_key
left join applied on resolved.policy_case_key = applied.policy_case_key
left join tenor on resolved.client_key = tenor.client_key
left join {{ ref('rule_approval_track') }} as tracks
    on resolved.approval_rank = tracks.control_rank
    and not tracks.is_fast
    and resolved.policy_from >= tracks.valid_from
    and resolved.policy_from < tracks.valid_to
-- the fast track is taken where it is quicker; the controls of the tier stay
left join {{ ref('rule_approval_track') }} as fast
    on fast.is_fast
    and fast.service_level_days < resolved.service_level_days
    and room.exposure_yuan <= case when resolved.fast_track_amount_max > 0 then resolved.fast_track_amount_max end
    and resolved.policy_from >= fast.valid_from
    and resolved.policy_from < fast.valid_to
left join {{ ref('stg_loan_prime_rate') }} as prime
    on tenor.lpr_tenor = prime.tenor
    and resolved.policy_on >= prime.valid_from
    and resolved.policy_on < prime.valid_to
