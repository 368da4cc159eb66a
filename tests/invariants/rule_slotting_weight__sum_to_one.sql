-- On every day on which a weight begins or ends, the weights in force sum to one: otherwise a factor was added to a
-- version, or left out of it, without the others being changed.
with change as (

    select valid_from as changed_on from {{ ref('rule_slotting_weight') }}
    union
    select valid_to from {{ ref('rule_slotting_weight') }}
    where valid_to < date '9999-12-31'

)

select change.changed_on, sum(weights.weight) as weight_in_force
from change
left join {{ ref('rule_slotting_weight') }} as weights
    on change.changed_on >= weights.valid_from
    and change.changed_on < weights.valid_to
group by change.changed_on
having sum(weights.weight) is distinct from 1
