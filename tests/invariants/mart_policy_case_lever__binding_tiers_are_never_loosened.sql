-- A control of a binding tier can only be tightened by the rules of other axes and of the market.
select resolved.policy_case_key, resolved.lever, resolved.base_value, resolved.lever_value
from {{ ref('mart_policy_case_lever') }} as resolved
inner join {{ ref('mart_policy_case') }} as cases
    on resolved.policy_case_key = cases.policy_case_key
inner join {{ ref('rule_tier_policy') }} as tiers
    on cases.credit_segment = tiers.credit_segment
    and cases.policy_from >= tiers.valid_from
    and cases.policy_from < tiers.valid_to
inner join {{ ref('rule_policy_lever') }} as levers
    on resolved.lever = levers.lever
    and cases.policy_from >= levers.valid_from
    and cases.policy_from < levers.valid_to
where tiers.is_binding
    and levers.is_control
    and case
        when levers.restrictive = 'LOW' then coalesce(resolved.lever_value, levers.value_when_empty) > coalesce(resolved.base_value, levers.value_when_empty)
        else coalesce(resolved.lever_value, levers.value_when_empty) < coalesce(resolved.base_value, levers.value_when_empty)
    end
