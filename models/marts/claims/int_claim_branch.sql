-- The branches of the roll-out and those they are compared with: branches that had not adopted the segmentation by the end
-- of the months after it. A branch that adopted in between is neither.
{{ config(schema = 'intermediate') }}
select
    rollouts.branch_code,
    rollouts.adopted_on,
    case
        when rollouts.adopted_on >= windows.first_adopted_on and rollouts.adopted_on <= windows.last_adopted_on then 'SUBJECT'
        else 'REFERENCE'
    end as arm
from {{ ref('stg_policy_rollouts') }} as rollouts
inner join {{ ref('int_claim_window') }} as windows
    on coalesce(rollouts.adopted_on, date '9999-12-31') <= windows.last_adopted_on
    or coalesce(rollouts.adopted_on, date '9999-12-31') > windows.after_to
where rollouts.policy_code = 'SEGMENTATION'
    and rollouts.branch_code is not null
