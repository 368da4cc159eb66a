-- Every loan against the policy that was in force, for the segments that were known, on the day it was decided; lever by
-- lever. What cannot be tested says why; a breach with an approved exception for its lever is excused.
{%- set levers = {
    'SPREAD': 'basis points', 'UNSECURED': 'fraction', 'COLLATERAL_COVERAGE': 'fraction', 'GUARANTOR': '1 or 0',
    'REPAYMENT_METHOD': 'method', 'TERM': 'months', 'AMOUNT': 'yuan', 'LIMIT': 'amount', 'PRODUCT_FIT': 'targets',
    'APPROVAL_TRACK': 'rank', 'SERVICE_LEVEL': 'working days', 'NEW_CREDIT': '1 or 0', 'REPEAT_USE': 'loans',
} %}
{%- set carried = [
    'loan_key', 'loan_no', 'client_key', 'application_no', 'product_code', 'decided_on', 'decision_basis', 'policy_from',
    'policy_case_key', 'credit_segment', 'exception_code',
] | join(', ') %}
{%- set lent_months = '(' ~ month_number('lent_to') ~ ' - ' ~ month_number('lent_from') ~ ')' %}
with decision as (

    select * from {{ ref('fct_loan_decision') }}

),

-- what secures a loan on the day it is paid out, by the last valuation before
valued as (

    select
        allocations.loan_no,
        allocations.collateral_no,
        allocations.allocated_share,
        collaterals.collateral_type,
        collaterals.guarantor_client_no,
        collaterals.value_amount_converted,
        loans.disbursed_on,
        row_number() over (partition by allocations.loan_no, allocations.collateral_no order by collaterals.valued_on desc) as place
    from {{ ref('stg_collateral_allocations') }} as allocations
    inner join {{ ref('int_loan') }} as loans
        on allocations.loan_no = loans.loan_no
        and coalesce(allocations.valid_from, loans.disbursed_on) <= loans.disbursed_on
        and coalesce(allocations.valid_to, date '9999-12-31') > loans.disbursed_on
    inner join {{ ref('stg_collaterals') }} as collaterals
        on allocations.collateral_no = collaterals.collateral_no
        and loans.disbursed_on >= collaterals.valued_on

),

security as (

    select
        valued.loan_no,
        sum(valued.allocated_share * valued.value_amount_converted) as security_amount,
        sum(cast(valued.allocated_share * valued.value_amount_converted as decimal(28,4)) * weights.counted_share) as counted_amount,
        bool_or(coalesce(weights.is_guarantee, false) or valued.guarantor_client_no is not null) as has_guarantee,
        bool_or(weights.collateral_type is null) as has_unknown_type
    from valued
    left join {{ ref('rule_collateral_value') }} as weights
        on valued.collateral_type = weights.collateral_type
        and valued.disbursed_on >= weights.valid_from
        and valued.disbursed_on < weights.valid_to
    where valued.place = 1
    group by valued.loan_no

),

priced as (

    select
        loans.loan_no,
        coalesce(
            loans.spread_bp,
            (loans.rate - prime.rate) * 10000
        ) as spread_bp
    from {{ ref('stg_loans') }} as loans
    left join {{ ref('stg_loan_prime_rate') }} as prime
        on loans.lpr_tenor = prime.tenor
        and loans.disbursed_on >= prime.valid_from
        and loans.disbursed_on < prime.valid_to

),

placed as (

    select
        decision.loan_key,
        decision.loan_no,
        decision.client_key,
        decision.application_no,
        decision.decided_on,
        decision.decision_basis,
        decision.policy_from,
        decision.policy_case_key,
        {% for axis in segment_axes() | map('lower') if axis != 'project_type' -%}
        decision.{{ axis }}_segment,
        {% endfor -%}
        -- a project loan is for the project, whatever else its borrower builds
        coalesce(projects.project_type, decision.project_type_segment) as project_type_segment,
        decision.decided_on as policy_on,
        loans.product_code,
        loans.repayment_method,
        loans.security_type,
        renewals.loan_key is not null as is_renewal,
        loans.disbursed_on,
        loans.matures_on,
        -- a month that has begun counts
        {{ month_number('loans.matures_on') }} - {{ month_number('loans.disbursed_on') }}
        + case when day(loans.matures_on) > day(loans.disbursed_on) then 1 else 0 end as term_months,
        loans.principal_amount,
        coalesce(facilities.limit_amount_converted, loans.principal_amount) as decided_amount,
        facilities.started_on as line_from,
        facilities.expires_on as line_to,
        min(loans.disbursed_on) over (partition by loans.client_key, loans.product_code) as product_first_on,
        applications.approval_track,
        applications.exception_code,
        -- hours of business in working days of the day of decision
        timed.business_hours_to_decision * 3600 / (decision_day.closes_second - decision_day.opens_second) as working_days,
        coalesce(exposures.exposure_amount, 0) as exposure_amount,
        yuan.yuan_per_unit,
        project.evidence_role,
        behaviour.evidence_flow_months_12m,
        behaviour.evidence_inflow_12m,
        lifecycle.evidence_is_statement_too_old,
        statement.revenue_amount
    from decision
    inner join {{ ref('int_loan') }} as loans
        on decision.loan_key = loans.loan_key
    left join {{ ref('int_loan_renewal') }} as renewals
        on decision.loan_key = renewals.loan_key
    left join {{ ref('stg_facilities') }} as facilities
        on decision.facility_no = facilities.facility_no
    left join {{ ref('stg_loan_applications') }} as applications
        on decision.application_no = applications.application_no
    left join {{ ref('int_application') }} as timed
        on decision.application_no = timed.application_no
    left join {{ ref('int_business_day') }} as decision_day
        on cast(timed.decided_at as date) = decision_day.business_on
    left join {{ ref('int_project') }} as projects
        on loans.project_no = projects.project_no
    left join {{ ref('int_client_exposure_month') }} as exposures
        on decision.client_key = exposures.client_key
        and decision.segment_month = exposures.as_of_month
    left join {{ yuan_spans() }} as yuan
        on decision.decided_on >= yuan.valid_from
        and decision.decided_on < yuan.valid_to
    left join {{ ref('seg_project_type') }} as project
        on decision.client_key = project.client_key
        and decision.segment_month = project.as_of_month
    left join {{ ref('seg_behaviour') }} as behaviour
        on decision.client_key = behaviour.client_key
        and decision.segment_month = behaviour.as_of_month
    left join {{ ref('seg_lifecycle') }} as lifecycle
        on decision.client_key = lifecycle.client_key
        and decision.segment_month = lifecycle.as_of_month
    left join {{ ref('int_annual_statement_version') }} as statement
        on decision.client_key = statement.client_key
        and lifecycle.evidence_statement_period_end = statement.period_end
        and decision.segment_month >= statement.from_month
        and decision.segment_month < statement.to_month

),

-- what a client had of a product before, where the product may be used only so often; a loan of the same day by its number
used_before as (

    select
        placed.loan_key,
        uses.live_loans_max,
        uses.loans_max,
        -- past its maturity a loan is live while it has a balance: its end may not have been booked
        count(others.loan_key) filter (
            where others.ended_on > placed.disbursed_on
            and (others.matures_on >= placed.disbursed_on or balances.outstanding_amount > 0)
        ) as live_before,
        count(others.loan_key) filter (
            where others.disbursed_on > {{ months_later('placed.disbursed_on', '-uses.window_months') }}
        ) as recent_before
    from placed
    inner join {{ ref('rule_product_use') }} as uses
        on placed.product_code = uses.product_code
        and placed.decided_on >= uses.valid_from
        and placed.decided_on < uses.valid_to
    left join {{ ref('int_loan') }} as others
        on placed.client_key = others.client_key
        and placed.product_code = others.product_code
        and (
            placed.disbursed_on > others.disbursed_on
            or (placed.disbursed_on = others.disbursed_on and placed.loan_no > others.loan_no)
        )
    left join {{ ref('fct_loan_month') }} as balances
        on others.loan_key = balances.loan_key
        and last_day({{ months_later('placed.disbursed_on', -1) }}) = balances.as_of_month
    group by placed.loan_key, uses.live_loans_max, uses.loans_max

),

fit as (

    select * from {{ product_fit('placed', ['loan_key']) }} as fits

),

tested as (

    select
        placed.*,
        levers.* exclude (policy_case_key, repayment_methods),
        levers.repayment_methods as tier_methods,
        products.product_code is not null as is_in_catalogue,
        products.pricing_basis,
        products.repayment_methods as product_methods,
        products.repayment_basis,
        products.term_months_max,
        products.amount_min,
        products.amount_max,
        products.term_months_min,
        -- what is drawn and repaid at will may be short: the line is what lasts
        case when products.is_revolving and placed.line_from is not null then placed.line_from else placed.disbursed_on end as lent_from,
        case when products.is_revolving and placed.line_from is not null then placed.line_to else placed.matures_on end as lent_to,
        coalesce(placed.decided_amount * placed.yuan_per_unit < products.amount_min, false) as is_too_small,
        used_before.live_loans_max,
        used_before.loans_max,
        used_before.live_before + 1 as live_with_it,
        used_before.recent_before + 1 as recent_with_it,
        used_before.live_before + 1 > used_before.live_loans_max as is_beside_another,
        products.unsecured_share_max as product_unsecured_share_max,
        products.service_level_days as product_service_level_days,
        coalesce(products.unsecured_amount_max >= placed.decided_amount * placed.yuan_per_unit, false) as is_small_for_product,
        coalesce(levers.unsecured_amount_max >= placed.decided_amount * placed.yuan_per_unit, false) as is_small_for_tier,
        products.collateral_coverage_min as product_coverage_min,
        fit.is_excluded,
        fit.excluded_by,
        fit.targets,
        fit.spread_bp as price_bp,
        priced.spread_bp as contract_spread_bp,
        tracks.control_rank,
        tracks.is_fast,
        tracks.service_level_days as track_service_level_days,
        security.security_amount,
        security.counted_amount,
        security.has_unknown_type,
        security.loan_no is not null as has_security_data,
        types.is_unsecured,
        coalesce(security.has_guarantee, false) or coalesce(types.has_guarantor, false) as has_guarantor,
        parameters.spread_tolerance_bp,
        {{ capacity_basis(
            'placed.evidence_role', 'placed.evidence_flow_months_12m', 'placed.evidence_inflow_12m',
            'placed.revenue_amount', 'placed.evidence_is_statement_too_old', 'parameters'
        ) }} as capacity_basis,
        parameters.capacity_share_of_inflow,
        parameters.capacity_share_of_revenue
    from placed
    left join {{ policy_levers_side_by_side(policy_levers()) }} as levers
        on placed.policy_case_key = levers.policy_case_key
    left join {{ ref('rule_product') }} as products
        on placed.product_code = products.product_code
        and placed.decided_on >= products.valid_from
        and placed.decided_on < products.valid_to
    left join fit on placed.loan_key = fit.loan_key
    left join used_before on placed.loan_key = used_before.loan_key
    left join priced on placed.loan_no = priced.loan_no
    left join security on placed.loan_no = security.loan_no
    left join {{ ref('rule_approval_track') }} as tracks
        on placed.approval_track = tracks.track
        and placed.decided_on >= tracks.valid_from
        and placed.decided_on < tracks.valid_to
    left join {{ ref('rule_security_type') }} as types
        on placed.security_type = types.security_type
        and placed.decided_on >= types.valid_from
        and placed.decided_on < types.valid_to
    left join {{ policy_parameters(['SPREAD_TOLERANCE_BP', 'CAPACITY_SHARE_OF_INFLOW', 'CAPACITY_SHARE_OF_REVENUE', 'CAPACITY_FLOW_MONTHS']) }} as parameters
        on placed.policy_from = parameters.policy_from

),

asked as (

    select
        *,
        price_bp + spread_add_bp as policy_spread_bp,
        -- a line without an end is not too short
        coalesce(lent_to < {{ months_later('lent_from', 'term_months_min') }}, false) as is_too_short,
        -- months of a shortest term are whole ones
        {{ lent_months }} - case when lent_to < {{ months_later('lent_from', lent_months) }} then 1 else 0 end as whole_months,
        least(
            case when is_small_for_tier then 1 else unsecured_share_max end,
            case when is_small_for_product then 1 else coalesce(product_unsecured_share_max, 1) end
        ) as policy_unsecured_share,
        greatest(
            case when is_small_for_tier then 0 else collateral_coverage_min end,
            case when is_small_for_product then 0 else coalesce(product_coverage_min, 0) end
        ) as policy_coverage,
        case
            when has_security_data then 1 - least(1, security_amount / principal_amount)
            when is_unsecured then 1
        end as contract_unsecured_share,
        case
            when has_unknown_type then null
            when has_security_data then cast(cast(counted_amount as double) / cast(principal_amount as double) as decimal(18,6))
            when is_unsecured then 0
        end as contract_coverage,
        case capacity_basis
            when 'INFLOW' then cast(evidence_inflow_12m * capacity_share_of_inflow as decimal(18,2)) * limit_multiplier
            when 'REVENUE' then cast(revenue_amount * capacity_share_of_revenue as decimal(18,2)) * limit_multiplier
        end as policy_limit_amount,
        case
            when is_fast then track_service_level_days
            -- a tier without a service level has none, however long the product may take
            when service_level_days is not null then greatest(service_level_days, coalesce(product_service_level_days, service_level_days))
        end as policy_days,
        case repayment_method
            {%- for method in repayment_levers() %}
            when '{{ method }}' then repay_{{ method | lower }} = 1
            {%- endfor %}
        end as is_method_of_tier,
        case repayment_method
            {%- for method in repayment_levers() %}
            when '{{ method }}' then repay_{{ method | lower }}_rule
            {%- endfor %}
        end as method_rule
    from tested

),

answered as (

    select
        {{ carried }},
        'SPREAD' as lever,
        case
            when not is_in_catalogue then 'PRODUCT_NOT_IN_CATALOGUE'
            when pricing_basis <> 'SPREAD' then 'PRICED_' || pricing_basis
            when policy_spread_bp is null then 'NOT_OFFERED_TO_TIER'
            when contract_spread_bp is null then 'NO_SPREAD'
        end as not_testable_reason,
        policy_spread_bp as policy_value,
        cast(null as varchar) as policy_text,
        contract_spread_bp as contract_value,
        cast(null as varchar) as contract_text,
        contract_spread_bp >= policy_spread_bp - spread_tolerance_bp as is_met,
        'BELOW_PRICE' as breach_reason,
        case when spread_add_bp <> 0 then spread_add_bp_rule else 'rule_product_segment ' || product_code || ' CREDIT ' || credit_segment end as rule_id
    from asked
    {%- set same = 'union all\n    select\n        ' ~ carried %}
    {{ same }},
        'UNSECURED',
        case
            when not is_in_catalogue then 'PRODUCT_NOT_IN_CATALOGUE'
            when contract_unsecured_share is null and policy_unsecured_share < 1 then 'NO_SECURITY_DATA'
        end,
        policy_unsecured_share,
        null,
        contract_unsecured_share,
        security_type,
        policy_unsecured_share = 1 or contract_unsecured_share <= policy_unsecured_share,
        'TOO_MUCH_UNSECURED',
        case
            when is_small_for_tier and policy_unsecured_share = 1 then unsecured_amount_max_rule
            when policy_unsecured_share < case when is_small_for_tier then 1 else unsecured_share_max end then 'rule_product ' || product_code
            else unsecured_share_max_rule
        end
    from asked
    {{ same }},
        'COLLATERAL_COVERAGE',
        case
            when not is_in_catalogue then 'PRODUCT_NOT_IN_CATALOGUE'
            when has_unknown_type then 'UNKNOWN_COLLATERAL_TYPE'
            when contract_coverage is null and policy_coverage > 0 then 'NO_SECURITY_DATA'
        end,
        policy_coverage,
        null,
        contract_coverage,
        security_type,
        policy_coverage = 0 or contract_coverage >= policy_coverage,
        'COVERAGE_TOO_LOW',
        case
            when is_small_for_tier and policy_coverage = 0 then unsecured_amount_max_rule
            when policy_coverage > case when is_small_for_tier then 0 else collateral_coverage_min end then 'rule_product ' || product_code
            else collateral_coverage_min_rule
        end
    from asked
    {{ same }},
        'GUARANTOR',
        case when guarantor_required = 1 and not has_guarantor and is_unsecured is null and not has_security_data then 'NO_SECURITY_DATA' end,
        guarantor_required,
        null,
        case when has_guarantor then 1 else 0 end,
        security_type,
        guarantor_required = 0 or has_guarantor,
        'NO_GUARANTOR',
        guarantor_required_rule
    from asked
    {{ same }},
        'REPAYMENT_METHOD',
        case
            when not is_in_catalogue then 'PRODUCT_NOT_IN_CATALOGUE'
            when is_method_of_tier is null then 'NO_KNOWN_METHOD'
        end,
        case when repayment_basis = 'TIER' then interest_only_months_max end,
        case when repayment_basis = 'TIER' then tier_methods else product_methods end,
        term_months,
        repayment_method,
        coalesce(list_contains({{ split_items('product_methods') }}, repayment_method), true)
        and (
            repayment_basis = 'PRODUCT'
            or (
                is_method_of_tier
                and (not list_contains(['INTEREST_ONLY', 'BULLET'], repayment_method) or term_months <= coalesce(interest_only_months_max, term_months))
            )
        ),
        case
            when not coalesce(list_contains({{ split_items('product_methods') }}, repayment_method), true) then 'NOT_OF_THE_PRODUCT'
            when not is_method_of_tier then 'NOT_OF_THE_TIER'
            else 'TOO_LONG_WITHOUT_PRINCIPAL'
        end,
        case
            when repayment_basis = 'PRODUCT' or not coalesce(list_contains({{ split_items('product_methods') }}, repayment_method), true) then 'rule_product ' || product_code
            when is_method_of_tier and list_contains(['INTEREST_ONLY', 'BULLET'], repayment_method) then interest_only_months_max_rule
            else method_rule
        end
    from asked
    {{ same }},
        'TERM',
        case when not is_in_catalogue then 'PRODUCT_NOT_IN_CATALOGUE' end,
        case when is_too_short then term_months_min else term_months_max end,
        null,
        case when is_too_short then whole_months else term_months end,
        null,
        not is_too_short and matures_on <= {{ months_later('disbursed_on', 'term_months_max') }},
        case when is_too_short then 'TOO_SHORT' else 'TOO_LONG' end,
        'rule_product ' || product_code
    from asked
    {{ same }},
        'AMOUNT',
        case
            when not is_in_catalogue then 'PRODUCT_NOT_IN_CATALOGUE'
            when amount_min is null and amount_max is null then 'PRODUCT_HAS_NO_BOUNDS'
            when yuan_per_unit is null then 'NO_EXCHANGE_RATE'
        end,
        case when is_too_small or amount_max is null then amount_min else amount_max end,
        null,
        cast(decided_amount * yuan_per_unit as decimal(18,2)),
        null,
        not is_too_small and coalesce(decided_amount * yuan_per_unit <= amount_max, true),
        case when is_too_small then 'BELOW_MINIMUM' else 'ABOVE_MAXIMUM' end,
        'rule_product ' || product_code
    from asked
    {{ same }},
        'LIMIT',
        case
            when is_renewal then 'RENEWAL'
            when capacity_basis = 'PROJECT' then 'LIMITED_BY_PROJECT_SCHEME'
            when policy_limit_amount is null then 'NO_CAPACITY_DATA'
        end,
        cast(policy_limit_amount as decimal(18,2)),
        capacity_basis,
        exposure_amount + decided_amount,
        null,
        exposure_amount + decided_amount <= policy_limit_amount,
        'ABOVE_LIMIT',
        limit_multiplier_rule
    from asked
    {{ same }},
        'PRODUCT_FIT',
        case when not is_in_catalogue then 'PRODUCT_NOT_IN_CATALOGUE' end,
        null,
        null,
        targets,
        excluded_by,
        not is_excluded,
        'NOT_OFFERED_TO_SEGMENT',
        'rule_product_segment ' || product_code || coalesce(' ' || split_part(excluded_by, ';', 1), '')
    from asked
    {{ same }},
        'APPROVAL_TRACK',
        case
            when application_no is null then 'NO_APPLICATION'
            when control_rank is null then 'NO_KNOWN_TRACK'
            when is_fast and yuan_per_unit is null then 'NO_EXCHANGE_RATE'
        end,
        case when is_fast then fast_track_amount_max else approval_rank end,
        case when is_fast then 'FAST_UP_TO' else 'AT_LEAST_AS_STRICT' end,
        case when is_fast then cast((exposure_amount + decided_amount) * yuan_per_unit as decimal(18,2)) else control_rank end,
        approval_track,
        case
            when is_fast then fast_track_amount_max > 0 and (exposure_amount + decided_amount) * yuan_per_unit <= fast_track_amount_max
            else control_rank >= approval_rank
        end,
        case when is_fast then 'NOT_OPEN_FOR_FAST_TRACK' else 'TRACK_TOO_LIGHT' end,
        case when is_fast then fast_track_amount_max_rule else approval_rank_rule end
    from asked
    {{ same }},
        'SERVICE_LEVEL',
        case
            when application_no is null then 'NO_APPLICATION'
            when working_days is null then 'NO_DECISION_TIME'
            when policy_days is null then 'NO_SERVICE_LEVEL'
        end,
        policy_days,
        null,
        working_days,
        approval_track,
        working_days <= policy_days,
        'TOO_SLOW',
        case
            when is_fast then 'rule_approval_track ' || approval_track
            when policy_days > service_level_days then 'rule_product ' || product_code
            else service_level_days_rule
        end
    from asked
    {{ same }},
        'NEW_CREDIT',
        null,
        -- who renews or takes a product again is not asked whether a new one is open
        case when is_renewal or product_first_on < decided_on then new_credit_allowed else least(new_credit_allowed, new_product_allowed) end,
        null,
        case when is_renewal then 0 else 1 end,
        case when is_renewal then 'RENEWAL' when product_first_on < decided_on then 'KNOWN_PRODUCT' else 'NEW_PRODUCT' end,
        is_renewal or (new_credit_allowed = 1 and (new_product_allowed = 1 or product_first_on < decided_on)),
        case when new_credit_allowed = 0 then 'KNOCKED_OUT' else 'NO_NEW_PRODUCT' end,
        case when new_credit_allowed = 0 then new_credit_allowed_rule else new_product_allowed_rule end
    from asked
    {{ same }},
        'REPEAT_USE',
        case
            when not is_in_catalogue then 'PRODUCT_NOT_IN_CATALOGUE'
            when loans_max is null then 'PRODUCT_HAS_NO_USE_LIMIT'
        end,
        case when is_beside_another then live_loans_max else loans_max end,
        case when is_beside_another then 'LIVE_AT_A_TIME' when not is_beside_another then 'WITHIN_THE_WINDOW' end,
        case when is_beside_another then live_with_it else recent_with_it end,
        null,
        not is_beside_another and recent_with_it <= loans_max,
        case when is_beside_another then 'ANOTHER_LIVE' else 'TOO_MANY_IN_WINDOW' end,
        'rule_product_use ' || product_code
    from asked

),

excused as (

    select
        answered.*,
        exceptions.exception_code is not null as is_excused
    from answered
    left join {{ ref('rule_policy_exception') }} as exceptions
        on answered.exception_code = exceptions.exception_code
        and answered.lever = exceptions.lever
        -- leave to lend for longer is none to lend for too short a time
        and (exceptions.reason_code is null or answered.breach_reason = exceptions.reason_code)
        and answered.decided_on >= exceptions.valid_from
        and answered.decided_on < exceptions.valid_to

)

select
    loan_key,
    lever,
    loan_no,
    client_key,
    application_no,
    product_code,
    decided_on,
    decision_basis,
    credit_segment,
    policy_from,
    policy_case_key,
    case lever
        {%- for lever, unit in levers.items() %}
        when '{{ lever }}' then '{{ unit }}'
        {%- endfor %}
    end as unit,
    cast(policy_value as decimal(28,6)) as policy_value,
    policy_text,
    cast(contract_value as decimal(28,6)) as contract_value,
    contract_text,
    case
        when policy_case_key is null or not_testable_reason is not null or is_met is null then 'NOT_TESTABLE'
        when is_met then 'COMPLIANT'
        when is_excused then 'EXCUSED'
        else 'BREACH'
    end as status,
    case
        when policy_case_key is null then 'NO_SEGMENTS_AT_DECISION'
        when not_testable_reason is not null then not_testable_reason
        when is_met is null then 'NO_VALUE'
        when not is_met then breach_reason
    end as reason_code,
    exception_code,
    case when policy_case_key is not null then rule_id end as rule_id
from excused
