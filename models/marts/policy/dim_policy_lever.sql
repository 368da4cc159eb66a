-- The levers of the policy that hold on the reporting date, in words.
select
    levers.lever,
    levers.display_order,
    levers.in_words,
    levers.unit,
    levers.restrictive,
    levers.is_control
from {{ ref('rule_policy_lever') }} as levers
cross join {{ ref('stg_reporting_window') }} as reporting
where levers.valid_from <= reporting.as_of_date
    and levers.valid_to > reporting.as_of_date
