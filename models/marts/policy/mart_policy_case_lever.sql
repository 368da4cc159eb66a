-- Every lever of every case, resolved: knock-outs before the strictest limit, security and monitoring, before what is
-- offered (domain.md section 4c). The tier gives the base; the other axes and then the regime set another value,
-- add, multiply, floor and cap; a binding tier is only ever tightened.
with policy_case as (

    select * from {{ ref('mart_policy_case') }}

),

lever as (

    select * from {{ ref('rule_policy_lever') }}

),

tier as (

    select
        policy_case.policy_case_key,
        policies.*,
        tracks.control_rank
    from policy_case
    inner join {{ ref('rule_tier_policy') }} as policies
        on policy_case.credit_segment = policies.credit_segment
        and policy_case.policy_from >= policies.valid_from
        and policy_case.policy_from < policies.valid_to
    left join {{ ref('rule_approval_track') }} as tracks
        on policies.approval_track = tracks.track
        and policy_case.policy_from >= tracks.valid_from
        and policy_case.policy_from < tracks.valid_to

),

tier_value as (

    {% for lever in tier_levers() -%}
    select policy_case_key, rule_id, is_binding, '{{ lever }}' as lever, cast({{ lever | lower }} as decimal(18,6)) as value from tier
    union all
    {% endfor -%}
    {% for method in repayment_levers() -%}
    select policy_case_key, rule_id, is_binding, 'REPAY_{{ method }}', case when list_contains({{ split_items('repayment_methods') }}, '{{ method }}') then 1 else 0 end from tier
    union all
    {% endfor -%}
    select policy_case_key, rule_id, is_binding, 'APPROVAL_RANK', control_rank from tier

),

base as (

    select
        tier_value.policy_case_key,
        tier_value.rule_id,
        tier_value.is_binding,
        lever.*,
        coalesce(tier_value.value, lever.value_when_empty) as base_value
    from tier_value
    inner join policy_case
        on tier_value.policy_case_key = policy_case.policy_case_key
    inner join lever
        on tier_value.lever = lever.lever
        and policy_case.policy_from >= lever.valid_from
        and policy_case.policy_from < lever.valid_to

),

-- the rules of the other axes and of the regime that a case meets
rule as (

    {% for axis in segment_axes() -%}
    select policy_case.policy_case_key, modifiers.rule_id, modifiers.lever, modifiers.operation, modifiers.value
    from policy_case
    inner join {{ ref('rule_policy_modifier') }} as modifiers
        on policy_case.{{ axis | lower }}_segment = modifiers.segment_code
        and policy_case.policy_from >= modifiers.valid_from
        and policy_case.policy_from < modifiers.valid_to
    where modifiers.axis = '{{ axis }}'
        and coalesce(modifiers.only_tier, policy_case.credit_segment) = policy_case.credit_segment
    union all
    {% endfor -%}
    select policy_case.policy_case_key, effects.rule_id, effects.lever, effects.operation, effects.value
    from policy_case
    inner join {{ ref('rule_market_regime_effect') }} as effects
        on policy_case.regime = effects.regime
        and policy_case.policy_from >= effects.valid_from
        and policy_case.policy_from < effects.valid_to

),

directed as (

    select
        rule.*,
        case when base.restrictive = 'LOW' then rule.value else -rule.value end as strictness
    from rule
    inner join base
        on rule.policy_case_key = base.policy_case_key
        and rule.lever = base.lever

),

combined as (

    select
        policy_case_key,
        lever,
        string_agg(rule_id, ';' order by rule_id) as rule_ids,
        sum(case when operation = 'ADD' then value end) as added,
        cast({{ product_of("case when operation = 'MULTIPLY' then value end") }} as decimal(18,6)) as factor,
        min(case when operation = 'SET' then strictness end) as set_strictness,
        max(case when operation = 'MINIMUM' then value end) as floor_value,
        min(case when operation = 'MAXIMUM' then value end) as cap_value,
        -- the rule that speaks for each operation: the strictest, then the first by name
        {% for operation in ['ADD', 'MULTIPLY', 'SET', 'MINIMUM', 'MAXIMUM'] -%}
        {%- set rank = {'MINIMUM': '-value', 'MAXIMUM': 'value'}.get(operation, 'strictness') -%}
        split_part(
            string_agg(case when operation = '{{ operation }}' then rule_id end, ';' order by {{ rank }}, rule_id), ';', 1
        ) as {{ operation | lower }}_rule{{ ',' if not loop.last }}
        {% endfor %}
    from directed
    group by policy_case_key, lever

),

adjusted as (

    select
        base.*,
        combined.rule_ids,
        combined.added,
        combined.factor,
        combined.floor_value,
        combined.cap_value,
        combined.add_rule,
        combined.multiply_rule,
        combined.set_rule,
        combined.minimum_rule,
        combined.maximum_rule,
        case when base.restrictive = 'LOW' then combined.set_strictness else -combined.set_strictness end as set_value
    from base
    left join combined
        on base.policy_case_key = combined.policy_case_key
        and base.lever = combined.lever

),

asked as (

    select
        *,
        case
            -- no limit stays no limit
            when coalesce(set_value, base_value) = value_when_empty then value_when_empty
            else cast((coalesce(set_value, base_value) + coalesce(added, 0)) * coalesce(factor, 1) as decimal(18,6))
        end as asked_value
    from adjusted

),

-- where floor and cap cross, the stricter one wins
bounded as (

    select
        *,
        case
            when restrictive = 'LOW' then least(greatest(asked_value, coalesce(floor_value, value_minimum)), coalesce(cap_value, value_maximum))
            else greatest(least(asked_value, coalesce(cap_value, value_maximum)), coalesce(floor_value, value_minimum))
        end as bounded_value
    from asked

),

tightened as (

    select
        *,
        case
            when is_binding and is_control and restrictive = 'LOW' then least(base_value, bounded_value)
            when is_binding and is_control then greatest(base_value, bounded_value)
            else bounded_value
        end as tightened_value
    from bounded

),

limited as (

    select
        *,
        greatest(value_minimum, least(value_maximum, tightened_value)) as limited_value,
        case
            when tightened_value <> bounded_value or bounded_value = base_value then rule_id
            when bounded_value = cap_value and (asked_value <> cap_value) then maximum_rule
            when bounded_value = floor_value and (asked_value <> floor_value) then minimum_rule
            when factor <> 1 then multiply_rule
            when added <> 0 then add_rule
            else coalesce(set_rule, rule_id)
        end as binding_rule_id
    from tightened

),

knock_out as (

    select policy_case_key, binding_rule_id as knock_out_rule_id
    from limited
    where lever = 'NEW_CREDIT_ALLOWED' and limited_value = 0

),

resolved as (

    select
        limited.*,
        knock_out.knock_out_rule_id,
        case
            when knock_out.policy_case_key is null or limited.value_when_knocked_out is null then limited.limited_value
            when limited.restrictive = 'LOW' then least(limited.limited_value, limited.value_when_knocked_out)
            else greatest(limited.limited_value, limited.value_when_knocked_out)
        end as final_value
    from limited
    left join knock_out
        on limited.policy_case_key = knock_out.policy_case_key

)

select
    policy_case_key,
    lever,
    cast(case when base_value is distinct from value_when_empty then base_value end as decimal(18,6)) as base_value,
    cast(case when final_value is distinct from value_when_empty then final_value end as decimal(18,6)) as lever_value,
    rule_id as base_rule_id,
    case when final_value <> limited_value then knock_out_rule_id else binding_rule_id end as binding_rule_id,
    rule_id || coalesce(';' || rule_ids, '') || case when final_value <> limited_value then ';' || knock_out_rule_id else '' end as applied_rule_ids,
    knock_out_rule_id is not null as is_knocked_out
from resolved
