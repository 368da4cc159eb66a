-- The lifecycle segment that the decision table gives a client in a month, before it is kept steady (domain.md section
-- 3d). The first rule that is met wins; stay_segments lists the segments that a client who already holds one would
-- keep (none as shipped: no condition has a leave value). The table below names what is compared; the values, their
-- versions and the order of the rules are in the seeds rule_lifecycle_condition and rule_segment. tests/invariants
-- compares the two for every row.
{{ monthly_model() }}
{% set rules = [
    ['LIFECYCLE_DISTRESSED', [
        [
            ['DISTRESSED_NON_PERFORMING', 'is_non_performing', '='],
            ['DISTRESSED_RESTRICTED', 'is_restricted', '='],
            ['DISTRESSED_DAYS_PAST_DUE', 'max_dpd_12m', '>'],
            ['DISTRESSED_EQUITY_AND_CASH_FLOW', 'has_negative_equity_and_cash_flow', '='],
        ],
    ]],
    ['LIFECYCLE_STARTUP', [
        [['STARTUP_AGE', 'age_months', '<']],
    ]],
    ['LIFECYCLE_HIGH_GROWTH', [
        [['HIGH_GROWTH_GROWTH', 'growth_over_required', '>=']],
        [['HIGH_GROWTH_STAFF', 'base_employees', '>=']],
        [['HIGH_GROWTH_NOT_RESTRICTED', 'is_restricted', '=']],
        [
            ['HIGH_GROWTH_INTEREST_COVER', 'icr', '>='],
            ['HIGH_GROWTH_RUNWAY', 'runway_months', '>='],
            ['HIGH_GROWTH_NO_CASH_BURN', 'burns_cash', '='],
            ['HIGH_GROWTH_NO_INTEREST', 'owes_no_interest', '='],
        ],
    ]],
    ['LIFECYCLE_DECLINING', [
        [['DECLINING_GROWTH', 'cagr_2y', '<=']],
    ]],
    ['LIFECYCLE_MATURE_STABLE_SMALL_MICRO', [
        [['MATURE_SMALL_SIZE', 'is_small_or_micro', '=']],
        [['MATURE_SMALL_AGE', 'age_months', '>=']],
        [['MATURE_SMALL_GROWTH_LEAST', 'growth_rate', '>=']],
        [['MATURE_SMALL_GROWTH_BELOW', 'growth_rate', '<']],
        [['MATURE_SMALL_STEADY_REVENUE', 'revenue_cv', '<=']],
        [
            ['MATURE_SMALL_INTEREST_COVER', 'icr', '>='],
            ['MATURE_SMALL_DEBT_SERVICE_COVER', 'dscr', '>='],
            ['MATURE_SMALL_NO_INTEREST', 'owes_no_interest', '='],
        ],
        [
            ['MATURE_SMALL_TIER', 'tier_rank', '<='],
            ['MATURE_SMALL_ON_TIME', 'on_time_ratio_when_unrated', '>='],
        ],
    ]],
    ['LIFECYCLE_MATURE_STABLE_MEDIUM_LARGE', [
        [['MATURE_LARGE_SIZE', 'is_medium_or_large', '=']],
        [['MATURE_LARGE_AGE', 'age_months', '>=']],
        [['MATURE_LARGE_GROWTH_LEAST', 'growth_rate', '>=']],
        [['MATURE_LARGE_GROWTH_BELOW', 'growth_rate', '<']],
        [['MATURE_LARGE_STEADY_REVENUE', 'revenue_cv', '<=']],
        [
            ['MATURE_LARGE_INTEREST_COVER', 'icr', '>='],
            ['MATURE_LARGE_DEBT_SERVICE_COVER', 'dscr', '>='],
            ['MATURE_LARGE_NO_INTEREST', 'owes_no_interest', '='],
        ],
        [
            ['MATURE_LARGE_TIER', 'tier_rank', '<='],
            ['MATURE_LARGE_ON_TIME', 'on_time_ratio_when_unrated', '>='],
        ],
    ]],
    ['LIFECYCLE_INSUFFICIENT_DATA', [
        [
            ['NO_DATA_GROWTH', 'has_growth', '='],
            ['NO_DATA_AGE', 'has_age', '='],
        ],
    ]],
    ['LIFECYCLE_TRANSITIONAL', []],
] -%}
{%- set booleans = [
    'is_non_performing', 'is_restricted', 'has_negative_equity_and_cash_flow', 'burns_cash', 'owes_no_interest',
    'is_small_or_micro', 'is_medium_or_large', 'has_growth', 'has_age',
] -%}
{%- set statement_features = [
    'cagr_3y', 'cagr_2y', 'growth_rate', 'base_employees', 'revenue_cv', 'icr', 'owes_no_interest', 'dscr', 'runway_months',
    'burns_cash', 'has_negative_equity_and_cash_flow', 'net_debt_to_ebitda', 'current_ratio', 'ocf_to_short_term_debt',
] -%}
-- what the segments of other axes mean here, month by month
with input_segment as (

    select
        months.as_of_month,
        inputs.axis,
        inputs.segment_code,
        {% for feature in ['is_restricted', 'is_unrated', 'is_small_or_micro', 'is_medium_or_large'] -%}
        bool_or(inputs.feature = '{{ feature }}') as {{ feature }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_month') }} as months
    inner join {{ ref('rule_lifecycle_input_segment') }} as inputs
        on months.as_of_month >= inputs.valid_from
        and months.as_of_month < inputs.valid_to
    group by months.as_of_month, inputs.axis, inputs.segment_code

),

axis_rule as (

    select
        months.as_of_month,
        rules.axis,
        rules.segment_code,
        rules.rule_order,
        rules.rule_id,
        rules.rule_version,
        rules.risk_rank
    from {{ ref('int_month') }} as months
    inner join {{ ref('rule_segment') }} as rules
        on months.as_of_month >= rules.valid_from
        and months.as_of_month < rules.valid_to

),

tier as (

    select
        axis_rule.as_of_month,
        axis_rule.segment_code,
        axis_rule.risk_rank,
        coalesce(input_segment.is_restricted, false) as is_restricted,
        coalesce(input_segment.is_unrated, false) as is_unrated
    from axis_rule
    left join input_segment
        on axis_rule.as_of_month = input_segment.as_of_month
        and axis_rule.axis = input_segment.axis
        and axis_rule.segment_code = input_segment.segment_code
    where axis_rule.axis = 'CREDIT'

),

size_group as (

    select
        as_of_month,
        segment_code,
        is_small_or_micro,
        is_medium_or_large
    from input_segment
    where axis = 'SIZE'

),

-- what a client of a sector must grow by: more where the whole sector grows fast and enough of it is known
sector as (

    select
        growth.as_of_month,
        growth.sector_segment,
        case when growth.clients_with_growth >= parameter.minimum_clients then growth.median_growth end as sector_median_growth,
        cast(
            case
                when growth.clients_with_growth >= parameter.minimum_clients and growth.median_growth > parameter.growth_above
                    then parameter.multiple * growth.median_growth
                else parameter.growth_required
            end as decimal(18,6)
        ) as required_growth
    from {{ ref('seg_sector_growth') }} as growth
    left join {{ rule_values(ref('rule_lifecycle_parameter'), 'parameter_id', {
        'minimum_clients': ['SECTOR_MINIMUM_CLIENTS', 'parameter_value'],
        'growth_above': ['SECTOR_GROWTH_ABOVE', 'parameter_value'],
        'multiple': ['SECTOR_MULTIPLE', 'parameter_value'],
        'growth_required': ['GROWTH_REQUIRED', 'parameter_value'],
    }) }} as parameter
        on growth.as_of_month = parameter.as_of_month

),

facts as (

    select
        lifecycle.client_key,
        lifecycle.as_of_month,
        lifecycle.statement_period_end,
        lifecycle.statement_filed_on,
        lifecycle.is_statement_too_old,
        lifecycle.age_months,
        {% for feature in statement_features -%}
        lifecycle.{{ feature }},
        {% endfor -%}
        sector.sector_median_growth,
        sector.required_growth,
        cast(lifecycle.cagr_3y - sector.required_growth as decimal(18,6)) as growth_over_required,
        credit.final_segment as tier,
        tier.risk_rank as tier_rank,
        tier.is_restricted,
        status.is_non_performing,
        behaviour.max_dpd_12m,
        case when tier.is_unrated then behaviour.on_time_ratio_12m end as on_time_ratio_when_unrated,
        -- a size outside both groups is unknown here: neither of the two
        size_group.is_small_or_micro,
        size_group.is_medium_or_large,
        lifecycle.growth_rate is not null as has_growth,
        lifecycle.age_months is not null as has_age
    from {{ ref('int_client_lifecycle_month') }} as lifecycle
    left join {{ ref('seg_industry') }} as industry
        on lifecycle.client_key = industry.client_key
        and lifecycle.as_of_month = industry.as_of_month
    left join sector
        on industry.as_of_month = sector.as_of_month
        and industry.final_segment = sector.sector_segment
    left join {{ ref('seg_size') }} as sizes
        on lifecycle.client_key = sizes.client_key
        and lifecycle.as_of_month = sizes.as_of_month
    left join size_group
        on sizes.as_of_month = size_group.as_of_month
        and sizes.final_segment = size_group.segment_code
    left join {{ ref('seg_credit') }} as credit
        on lifecycle.client_key = credit.client_key
        and lifecycle.as_of_month = credit.as_of_month
    left join tier
        on credit.as_of_month = tier.as_of_month
        and credit.final_segment = tier.segment_code
    left join {{ ref('int_client_credit_status_month') }} as status
        on lifecycle.client_key = status.client_key
        and lifecycle.as_of_month = status.as_of_month
    left join {{ ref('int_client_behaviour_month') }} as behaviour
        on lifecycle.client_key = behaviour.client_key
        and lifecycle.as_of_month = behaviour.as_of_month
    where lifecycle.as_of_month >= {{ first_rebuilt_month() }}

),

-- the values of the month's rules, one row a month
threshold as {{ condition_values(ref('rule_lifecycle_condition'), condition_ids(rules)) }},

rule as {{ rule_values(ref('rule_segment'), 'rule_id', rule_columns(rules, ['rule_order', 'segment_code'])) }},

-- per rule its place when it is met, and its segment when a client who holds it stays
judged as (

    select
        facts.*,
        {% for rule_id, clauses in rules -%}
        case when
        {{ clauses_are_met(clauses, 'enter', booleans) }}
        then rule.{{ rule_id | lower }}_rule_order end as {{ rule_id | lower }}_met,
        case when
        {{ clauses_are_kept(clauses, booleans) }}
        then rule.{{ rule_id | lower }}_segment_code || ',' end as {{ rule_id | lower }}_kept{{ ',' if not loop.last }}
        {% endfor %}
    from facts
    left join threshold on facts.as_of_month = threshold.as_of_month
    left join rule on facts.as_of_month = rule.as_of_month

),

placed as (

    select
        *,
        -- least ignores the rules that are not met
        least(
            {% for rule_id, clauses in rules -%}
            {{ rule_id | lower }}_met{{ ',' if not loop.last }}
            {% endfor %}
        ) as entry_order,
        {% for rule_id, clauses in rules -%}
        coalesce({{ rule_id | lower }}_kept, ''){{ ' ||' if not loop.last }}
        {% endfor %} as kept
    from judged

),

lifecycle_rule as (

    select *
    from axis_rule
    where axis = 'LIFECYCLE'

)

select
    placed.client_key,
    placed.as_of_month,
    entered.segment_code as entry_segment,
    placed.entry_order,
    case when placed.kept <> '' then ',' || placed.kept end as stay_segments,
    entered.rule_id,
    entered.rule_version,
    entered.rule_id as reason_code,
    placed.statement_period_end as evidence_statement_period_end,
    placed.statement_filed_on as evidence_statement_filed_on,
    placed.is_statement_too_old as evidence_is_statement_too_old,
    placed.age_months as evidence_age_months,
    {% for feature in statement_features -%}
    placed.{{ feature }} as evidence_{{ feature }},
    {% endfor -%}
    placed.sector_median_growth as evidence_sector_median_growth,
    placed.required_growth as evidence_required_growth,
    placed.growth_over_required as evidence_growth_over_required,
    placed.tier as evidence_tier,
    placed.tier_rank as evidence_tier_rank,
    placed.is_restricted as evidence_is_restricted,
    placed.is_non_performing as evidence_is_non_performing,
    placed.max_dpd_12m as evidence_max_dpd_12m,
    placed.on_time_ratio_when_unrated as evidence_on_time_ratio_when_unrated,
    placed.is_small_or_micro as evidence_is_small_or_micro,
    placed.is_medium_or_large as evidence_is_medium_or_large,
    placed.has_growth as evidence_has_growth,
    placed.has_age as evidence_has_age
from placed
left join lifecycle_rule as entered
    on placed.as_of_month = entered.as_of_month
    and placed.entry_order = entered.rule_order
