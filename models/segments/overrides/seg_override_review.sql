-- Every override with what became of it: how many months it asked for, in how many it decided, and why it did not in
-- the others (domain.md section 3e: an invalid override is ignored and listed).
with held as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        client_key,
        as_of_month,
        model_segment,
        override_no
    from {{ ref('seg_' ~ axis | lower) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

segment_rule as (

    select
        months.as_of_month,
        rules.axis,
        rules.segment_code,
        rules.risk_rank,
        axis_rule.override_max_tiers_up,
        axis_rule.knock_out_blocks_override
    from {{ ref('int_month') }} as months
    inner join {{ ref('rule_segment') }} as rules
        on months.as_of_month >= rules.valid_from
        and months.as_of_month < rules.valid_to
    inner join {{ ref('rule_axis') }} as axis_rule
        on rules.axis = axis_rule.axis
        and months.as_of_month >= axis_rule.valid_from
        and months.as_of_month < axis_rule.valid_to

),

-- the months that a request speaks of
asked as (

    select
        requests.override_no,
        held.as_of_month,
        coalesce(held.override_no = requests.override_no, false) as is_applied,
        held.override_no is not null as is_decided,
        {{ override_counts('wanted.risk_rank', 'model.risk_rank', 'model', 'status.is_knocked_out') }} as counts,
        status.is_knocked_out
    from {{ ref('seg_override_request') }} as requests
    inner join held
        on requests.client_key = held.client_key
        and requests.axis = held.axis
        and held.as_of_month >= requests.valid_from
        and held.as_of_month <= requests.expires_on
    left join segment_rule as wanted
        on held.axis = wanted.axis
        and held.as_of_month = wanted.as_of_month
        and requests.segment_code = wanted.segment_code
    left join segment_rule as model
        on held.axis = model.axis
        and held.as_of_month = model.as_of_month
        and held.model_segment = model.segment_code
    left join {{ ref('int_client_credit_status_month') }} as status
        on held.client_key = status.client_key
        and held.as_of_month = status.as_of_month

),

counted as (

    select
        override_no,
        count(*) as months_asked,
        count(*) filter (where is_applied) as months_applied,
        count(*) filter (where not is_applied and not counts and is_knocked_out) as months_knocked_out,
        count(*) filter (where not is_applied and not counts and not is_knocked_out) as months_too_many_tiers,
        count(*) filter (where not is_applied and counts and is_decided) as months_superseded,
        min(as_of_month) filter (where is_applied) as first_applied_month,
        max(as_of_month) filter (where is_applied) as last_applied_month
    from asked
    group by override_no

)

select
    requests.override_no,
    requests.client_key,
    requests.axis,
    requests.segment_code,
    requests.valid_from,
    requests.expires_on,
    case
        when not requests.is_valid then 'IGNORED'
        when coalesce(counted.months_asked, 0) = 0 then 'NOT_REACHED'
        when counted.months_applied = counted.months_asked then 'APPLIED'
        when counted.months_applied > 0 then 'APPLIED_IN_PART'
        else 'IGNORED'
    end as outcome,
    case
        when not requests.is_valid then requests.invalid_reason
        when counted.months_knocked_out > 0 then 'KNOCKED_OUT'
        when counted.months_too_many_tiers > 0 then 'TOO_MANY_TIERS_UP'
        when counted.months_superseded > 0 then 'NEWER_OVERRIDE'
    end as ignored_reason,
    cast(coalesce(counted.months_asked, 0) as integer) as months_asked,
    cast(coalesce(counted.months_applied, 0) as integer) as months_applied,
    counted.first_applied_month,
    counted.last_applied_month
from {{ ref('seg_override_request') }} as requests
left join counted on requests.override_no = counted.override_no
