{#- Policy as numbers (domain.md section 4c): every lever has one value per case, and a case is one combination of
    policy version, market regime and segments. -#}

{#- The levers that a tier states as numbers in a column of its own. -#}
{% macro tier_levers() -%}
    {{- return([
        'SPREAD_ADD_BP', 'LIMIT_MULTIPLIER', 'UNSECURED_SHARE_MAX', 'UNSECURED_AMOUNT_MAX', 'COLLATERAL_COVERAGE_MIN',
        'GUARANTOR_REQUIRED', 'INTEREST_ONLY_MONTHS_MAX', 'HOLIDAYS_PER_YEAR_MAX', 'FREE_PREPAYMENT', 'SERVICE_LEVEL_DAYS',
        'FAST_TRACK_AMOUNT_MAX', 'MONITORING_INTERVAL_MONTHS', 'REVIEW_INTERVAL_MONTHS', 'USE_OF_FUNDS_SHARE',
        'NEW_CREDIT_ALLOWED', 'NEW_PRODUCT_ALLOWED', 'PROJECT_HAIRCUT_SHARE',
    ]) -}}
{%- endmacro %}

{#- The repayment methods of the contract; each is a lever REPAY_<method>. -#}
{% macro repayment_levers() -%}
    {{- return(['EQUAL_INSTALMENT', 'EQUAL_PRINCIPAL', 'INTEREST_ONLY', 'BULLET', 'SCULPTED', 'REVOLVING']) -}}
{%- endmacro %}

{#- All levers, in the order of columns. -#}
{% macro policy_levers() -%}
    {{- return([
        'SPREAD_ADD_BP', 'LIMIT_MULTIPLIER', 'UNSECURED_SHARE_MAX', 'UNSECURED_AMOUNT_MAX', 'COLLATERAL_COVERAGE_MIN',
        'GUARANTOR_REQUIRED', 'INTEREST_ONLY_MONTHS_MAX', 'HOLIDAYS_PER_YEAR_MAX', 'FREE_PREPAYMENT', 'SERVICE_LEVEL_DAYS',
        'FAST_TRACK_AMOUNT_MAX', 'MONITORING_INTERVAL_MONTHS', 'REVIEW_INTERVAL_MONTHS', 'USE_OF_FUNDS_SHARE',
        'NEW_CREDIT_ALLOWED', 'NEW_PRODUCT_ALLOWED', 'PROJECT_HAIRCUT_SHARE', 'APPROVAL_RANK', 'REPAY_EQUAL_INSTALMENT',
        'REPAY_EQUAL_PRINCIPAL', 'REPAY_INTEREST_ONLY', 'REPAY_BULLET', 'REPAY_SCULPTED', 'REPAY_REVOLVING',
    ]) -}}
{%- endmacro %}

{#- Stretches of time in which no row of the policy seeds begins or ends: one version of the whole policy each. -#}
{% macro policy_versions() -%}
(
    select
        policy_from,
        lead(policy_from) over (order by policy_from) as policy_to
    from (
        {%- for seed in ['rule_policy_lever', 'rule_tier_policy', 'rule_policy_modifier', 'rule_approval_track', 'rule_market_regime_effect', 'rule_policy_parameter', 'rule_product', 'rule_product_segment'] %}
        select valid_from as policy_from from {{ ref(seed) }}
        union
        select valid_to from {{ ref(seed) }}
        {{- ' union' if not loop.last }}
        {%- endfor %}
    ) as days
)
{%- endmacro %}

{#- The key of a case; `alias` has policy_from, regime and the six segments. -#}
{% macro policy_case_key(alias) -%}
    {%- set columns = [alias ~ '.policy_from', alias ~ '.regime'] -%}
    {%- for axis in segment_axes() -%}{%- do columns.append(alias ~ '.' ~ axis | lower ~ '_segment') -%}{%- endfor -%}
    {{- return(key_of(columns)) -}}
{%- endmacro %}

{#- The product of a column within a group. -#}
{% macro product_of(column) -%}{{ return(adapter.dispatch('product_of', 'lending')(column)) }}{%- endmacro %}
{% macro duckdb__product_of(column) -%}{{ return('product(' ~ column ~ ')') }}{%- endmacro %}

{#- A text of items separated by semicolons as a list. -#}
{% macro split_items(text) -%}{{ return(adapter.dispatch('split_items', 'lending')(text)) }}{%- endmacro %}
{% macro duckdb__split_items(text) -%}{{ return("string_split(" ~ text ~ ", ';')") }}{%- endmacro %}

{#- The parameters of policy, one row per version of the policy and one column per parameter. -#}
{% macro policy_parameters(names) -%}
(
    select
        versions.policy_from
        {%- for name in names %},
        max(parameters.parameter_value) filter (where parameters.parameter_id = '{{ name }}') as {{ name | lower }}
        {%- endfor %}
    from {{ policy_versions() }} as versions
    inner join {{ ref('rule_policy_parameter') }} as parameters
        on versions.policy_from >= parameters.valid_from
        and versions.policy_from < parameters.valid_to
    group by versions.policy_from
)
{%- endmacro %}

{#- The levers of a case side by side: a column per lever, the rule that bound it in <lever>_rule, and the repayment
    methods that are offered as a text. -#}
{% macro policy_levers_side_by_side(levers) -%}
(
    select
        policy_case_key
        {%- for lever in levers %},
        max(lever_value) filter (where lever = '{{ lever }}') as {{ lever | lower }},
        max(binding_rule_id) filter (where lever = '{{ lever }}') as {{ lever | lower }}_rule
        {%- endfor %},
        string_agg(case when lever like 'REPAY~_%' escape '~' and lever_value = 1 then substr(lever, length('REPAY_') + 1) end, ';' order by lever) as repayment_methods,
        string_agg(case when lever like 'REPAY~_%' escape '~' then binding_rule_id end, ';' order by case when binding_rule_id = base_rule_id then 1 else 0 end, lever) as repayment_rules,
        bool_or(is_knocked_out) as is_knocked_out,
        string_agg(case when binding_rule_id <> base_rule_id then lever || ' by ' || binding_rule_id end, '; ' order by lever) as changed_levers
    from {{ ref('mart_policy_case_lever') }}
    group by policy_case_key
)
{%- endmacro %}

{#- What a client can carry (parameters CAPACITY_): a share of its inflows where they are known for the whole time, else
    a share of a year's revenue; a project company carries what its project carries. -#}
{% macro capacity_basis(role, flow_months, inflow, revenue, is_too_old, parameters) -%}
    {{- return(
        "case when " ~ role ~ " = 'BORROWER' then 'PROJECT' when " ~ flow_months ~ " >= " ~ parameters ~ ".capacity_flow_months and "
        ~ inflow ~ " is not null then 'INFLOW' when " ~ revenue ~ " >= 0 and not coalesce(" ~ is_too_old ~ ", false) then 'REVENUE' else 'NO_DATA' end"
    ) -}}
{%- endmacro %}

{#- Units of the lender's currency to yuan, from one month end to the next. -#}
{% macro yuan_spans() -%}
(
    select
        month_end as valid_from,
        coalesce(lead(month_end) over (order by month_end), date '9999-12-31') as valid_to,
        yuan_per_unit
    from {{ ref('int_yuan_rate') }}
)
{%- endmacro %}

{#- How a product suits a combination of segments: a CTE body with the columns of `keys`, product_code, is_excluded,
    targets (axes on which a segment of the combination is a target), offer_rank (the first of their ranks). `relation` has the keys, product_code, policy_on
    and the six segments. -#}
{% macro product_fit(relation, keys) -%}
(
    select
        {%- for key in keys %}
        candidates.{{ key }},
        {%- endfor %}
        candidates.product_code,
        bool_or(
            coalesce(fits.fit = 'EXCLUDED', false)
            or (fits.fit is null and (candidates.axis = 'CREDIT' or coalesce(list_contains({{ split_items('products.closed_axes') }}, candidates.axis), false)))
        ) as is_excluded,
        string_agg(
            case
                when coalesce(fits.fit = 'EXCLUDED', false)
                    or (fits.fit is null and (candidates.axis = 'CREDIT' or coalesce(list_contains({{ split_items('products.closed_axes') }}, candidates.axis), false)))
                    then candidates.axis || ' ' || candidates.segment_code
            end, '; ' order by candidates.axis
        ) as excluded_by,
        cast(count(*) filter (where fits.fit = 'TARGET') as integer) as targets,
        min(fits.offer_rank) as offer_rank,
        max(case when candidates.axis = 'CREDIT' then fits.spread_bp end) as spread_bp
    from (
        {%- for axis in segment_axes() %}
        select {{ keys | join(', ') }}, product_code, policy_on, '{{ axis }}' as axis, {{ axis | lower }}_segment as segment_code from {{ relation }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as candidates
    inner join {{ ref('rule_product') }} as products
        on candidates.product_code = products.product_code
        and candidates.policy_on >= products.valid_from
        and candidates.policy_on < products.valid_to
    left join {{ ref('rule_product_segment') }} as fits
        on candidates.product_code = fits.product_code
        and candidates.axis = fits.axis
        and candidates.segment_code = fits.segment_code
        and candidates.policy_on >= fits.valid_from
        and candidates.policy_on < fits.valid_to
    group by {% for key in keys %}candidates.{{ key }}, {% endfor %}candidates.product_code
)
{%- endmacro %}

{#- The day on which an interval of policy is over: whole months by the calendar, a quarter of a month being a week. -#}
{% macro interval_later(day, months) -%}
    {{- return(days_later(months_later(day, 'floor(' ~ months ~ ')'), 'round((' ~ months ~ ' - floor(' ~ months ~ ')) * 4 * 7)')) -}}
{%- endmacro %}
