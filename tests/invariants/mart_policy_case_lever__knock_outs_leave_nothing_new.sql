-- Whatever else the segments say: a knocked-out case has no limit, nothing unsecured, no fast track and no new credit.
select policy_case_key, lever, lever_value, binding_rule_id
from {{ ref('mart_policy_case_lever') }}
where is_knocked_out
    and list_contains(['LIMIT_MULTIPLIER', 'UNSECURED_SHARE_MAX', 'UNSECURED_AMOUNT_MAX', 'FAST_TRACK_AMOUNT_MAX', 'NEW_CREDIT_ALLOWED', 'NEW_PRODUCT_ALLOWED'], lever)
    and lever_value is distinct from 0
