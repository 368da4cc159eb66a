{#- From the raw rule of each month to the segment that holds: leave thresholds, confirmation and dwell over the months
    (domain.md section 3e), then overrides. `candidate` has one row per client and month with entry_segment, entry_order,
    stay_segments, rule_id, rule_version, reason_code and the evidence columns. -#}
{% macro stable_segments(axis, candidate, evidence) -%}
{%- set start = first_rebuilt_month() -%}
with entry as (

    select
        client_key,
        as_of_month,
        entry_segment,
        entry_order,
        coalesce(stay_segments, '') as stay_segments,
        row_number() over (partition by client_key order by as_of_month) as step
    from {{ candidate }}
    where as_of_month >= {{ start }}

),

{%- if goes_on() %}

-- where the fold stood at the end of the months that are kept
kept as (

    select
        client_key,
        model_segment,
        pending_segment,
        pending_months,
        dwell_months,
        clear_months
    from (
        select
            *,
            row_number() over (partition by client_key order by as_of_month desc) as newest
        from {{ this }}
        where as_of_month < {{ start }}
    ) as before
    where newest = 1

),
{%- else %}

kept as (

    select
        cast(null as bigint) as client_key,
        cast(null as varchar) as model_segment,
        cast(null as varchar) as pending_segment,
        cast(null as integer) as pending_months,
        cast(null as integer) as dwell_months,
        cast(null as integer) as clear_months
    where false

),
{%- endif %}

axis_rule as (

    select
        months.as_of_month,
        rules.confirmation_months,
        rules.dwell_months,
        rules.override_max_tiers_up,
        rules.knock_out_blocks_override
    from {{ ref('int_month') }} as months
    inner join {{ ref('rule_axis') }} as rules
        on months.as_of_month >= rules.valid_from
        and months.as_of_month < rules.valid_to
    where rules.axis = '{{ axis }}'

),

segment_rule as (

    select
        months.as_of_month,
        rules.segment_code,
        rules.rule_id,
        rules.rule_version,
        rules.rule_order,
        rules.risk_rank,
        rules.enters_at_once,
        rules.leaves_at_once,
        rules.clear_months,
        axis_rule.confirmation_months,
        axis_rule.dwell_months
    from {{ ref('int_month') }} as months
    inner join {{ ref('rule_segment') }} as rules
        on months.as_of_month >= rules.valid_from
        and months.as_of_month < rules.valid_to
    left join axis_rule on months.as_of_month = axis_rule.as_of_month
    where rules.axis = '{{ axis }}'

),

-- a client whose rule says the same in every month needs no fold: most of a portfolio on most axes
client as (

    select
        entry.client_key,
        min(entry.entry_segment) as entry_segment,
        max(kept.model_segment) as held_segment,
        coalesce(max(case when kept.pending_segment = entry.entry_segment then kept.pending_months end), 0) as pending_before,
        coalesce(max(kept.dwell_months), 0) as dwell_before,
        min(entry.entry_segment) = max(entry.entry_segment)
            and coalesce(max(kept.model_segment) = min(entry.entry_segment), true) as is_steady
    from entry
    left join kept on entry.client_key = kept.client_key
    group by entry.client_key

),

steady as (

    select
        entry.client_key,
        entry.as_of_month,
        entry.entry_segment as candidate_segment,
        entry.entry_segment as model_segment,
        case when entry.step = 1 and client.held_segment is null then 'INITIAL' else 'UNCHANGED' end as stability_reason,
        entry.entry_segment as pending_segment,
        cast(client.pending_before + entry.step as integer) as pending_months,
        cast(client.dwell_before + entry.step as integer) as dwell_months,
        cast(0 as integer) as clear_months
    from entry
    inner join client on entry.client_key = client.client_key
    where client.is_steady

),

moving as (

    select entry.*
    from entry
    inner join client on entry.client_key = client.client_key
    where not client.is_steady

),

folded as (

{{ folded_months('moving', 'kept', 'segment_rule') }}

),

modelled as (

    select * from steady
    union all
    select * from folded

),

-- overrides that a person may give at all and that hold at the month end, newest first
asked as (

    select
        modelled.client_key,
        modelled.as_of_month,
        requests.override_no,
        requests.segment_code,
        row_number() over (
            partition by modelled.client_key, modelled.as_of_month
            order by requests.valid_from desc, requests.override_no desc
        ) as choice
    from modelled
    inner join {{ ref('seg_override_request') }} as requests
        on modelled.client_key = requests.client_key
        and modelled.as_of_month >= requests.valid_from
        and modelled.as_of_month <= requests.expires_on
    inner join axis_rule on modelled.as_of_month = axis_rule.as_of_month
    inner join segment_rule as wanted
        on modelled.as_of_month = wanted.as_of_month
        and requests.segment_code = wanted.segment_code
    inner join segment_rule as held
        on modelled.as_of_month = held.as_of_month
        and modelled.model_segment = held.segment_code
    inner join {{ ref('int_client_credit_status_month') }} as status
        on modelled.client_key = status.client_key
        and modelled.as_of_month = status.as_of_month
    where requests.axis = '{{ axis }}'
        and requests.is_valid
        and {{ override_counts('wanted.risk_rank', 'held.risk_rank', 'axis_rule', 'status.is_knocked_out') }}

)

select
    modelled.client_key,
    modelled.as_of_month,
    modelled.candidate_segment,
    modelled.model_segment,
    coalesce(asked.segment_code, modelled.model_segment) as final_segment,
    case when modelled.candidate_segment = candidate.entry_segment then candidate.rule_id else held.rule_id end as rule_id,
    case when modelled.candidate_segment = candidate.entry_segment then candidate.rule_version else held.rule_version end as rule_version,
    case
        when modelled.candidate_segment = candidate.entry_segment then candidate.reason_code
        else 'STAYS_BY_LEAVE_THRESHOLD'
    end as reason_code,
    modelled.stability_reason,
    modelled.pending_segment,
    modelled.pending_months,
    modelled.dwell_months,
    modelled.clear_months,
    asked.override_no,
    {% for column in evidence -%}
    candidate.{{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from modelled
inner join {{ candidate }} as candidate
    on modelled.client_key = candidate.client_key
    and modelled.as_of_month = candidate.as_of_month
left join segment_rule as held
    on modelled.as_of_month = held.as_of_month
    and modelled.candidate_segment = held.segment_code
left join asked
    on modelled.client_key = asked.client_key
    and modelled.as_of_month = asked.as_of_month
    and asked.choice = 1
{%- endmacro %}

{#- Whether an override counts against the segment of the model: at most so many tiers up, and none to a better segment
    while the client is knocked out. -#}
{% macro override_counts(wanted_rank, held_rank, axis_rule, is_knocked_out) -%}
    (
        {{ held_rank }} - {{ wanted_rank }} <= coalesce({{ axis_rule }}.override_max_tiers_up, 99)
        and ({{ wanted_rank }} >= {{ held_rank }} or not ({{ axis_rule }}.knock_out_blocks_override and {{ is_knocked_out }}))
    )
{%- endmacro %}

{#- The fold over the months of each client: what holds in a month depends on what held the month before. A recursion
    over months would read all of them again for each of them. But while one segment is held, everything follows from
    the months alone, and the month of a switch asks for the segment that it switches to, which ends every count of
    months in a row. So windows find the months in which each segment that a client may hold could be left, only the
    walk from switch to switch is recursive, and a last pass writes the months out. Relations: entry (client_key,
    as_of_month, step from 1, entry_segment, entry_order, stay_segments), kept (the state before the first step, where
    there is one) and segment_rule (per month and segment). -#}
{% macro folded_months(entry, kept, segment_rule) -%}
    with first_held as (

        -- step 0 is the state before the first step; a client without one starts in the segment of its first month
        select
            entry.client_key,
            case when kept.model_segment is null then 1 else 0 end as step,
            case when kept.model_segment is null then 1 else 1 - coalesce(kept.dwell_months, 0) end as held_from,
            coalesce(kept.model_segment, entry.entry_segment) as segment_code
        from {{ entry }} as entry
        left join {{ kept }} as kept on entry.client_key = kept.client_key
        where entry.step = 1

    ),

    holdable as (

        select
            client_key,
            entry_segment as segment_code
        from {{ entry }}
        union
        select
            client_key,
            segment_code
        from first_held

    ),

    -- months that ask for another segment than one that may be held; months in a row have the same run
    asking as (

        select
            entry.client_key,
            entry.step,
            entry.as_of_month,
            entry.entry_segment,
            holdable.segment_code as held_segment,
            held.risk_rank as held_risk_rank,
            held.leaves_at_once,
            held.confirmation_months as confirmation_needed,
            held.dwell_months as dwell_needed,
            held.clear_months as clear_needed,
            {{ candidate_while_held('entry', 'holdable.segment_code', 'held.rule_order') }} as candidate_segment,
            entry.step - row_number() over (
                partition by entry.client_key, holdable.segment_code
                order by entry.step
            ) as asking_run
        from {{ entry }} as entry
        inner join holdable
            on entry.client_key = holdable.client_key
            and entry.entry_segment <> holdable.segment_code
        left join {{ segment_rule }} as held
            on entry.as_of_month = held.as_of_month
            and holdable.segment_code = held.segment_code

    ),

    asked_in_a_row as (

        select
            *,
            row_number() over (partition by client_key, held_segment, asking_run order by step) as months_asked
        from asking

    ),

    -- of these, the months in which the leave threshold is passed: the candidate is another segment
    leaving as (

        select
            *,
            step - row_number() over (
                partition by client_key, held_segment, candidate_segment
                order by step
            ) as leaving_run
        from asked_in_a_row
        where candidate_segment <> held_segment

    ),

    left_in_a_row as (

        select
            *,
            row_number() over (
                partition by client_key, held_segment, candidate_segment, leaving_run
                order by step
            ) as months_left
        from leaving

    ),

    -- what was pending before the first step goes on as long as the months do not interrupt it
    counted as (

        select
            months.*,
            months.months_left + case
                when months.leaving_run = 0 and months.candidate_segment = kept.pending_segment then kept.pending_months
                else 0
            end as pending_months,
            months.months_asked + case when months.asking_run = 0 then coalesce(kept.clear_months, 0) else 0 end as clear_months
        from left_in_a_row as months
        left join {{ kept }} as kept
            on months.client_key = kept.client_key
            and months.held_segment = kept.model_segment

    ),

    -- months that switch at once or, when the segment has been held long enough, because the change is confirmed
    possible_switch as (

        select
            client_key,
            step,
            held_segment,
            candidate_segment as next_segment,
            case when is_at_once then 0 else coalesce(dwell_needed, 0) end as dwell_needed
        from (
            select
                months.*,
                coalesce(months.leaves_at_once, false)
                or coalesce(wanted.risk_rank > months.held_risk_rank and wanted.enters_at_once, false) as is_at_once
            from counted as months
            left join {{ segment_rule }} as wanted
                on months.as_of_month = wanted.as_of_month
                and months.candidate_segment = wanted.segment_code
        ) as leaving_month
        where is_at_once
            or (
                pending_months >= coalesce(confirmation_needed, 0)
                and clear_months >= coalesce(clear_needed, 0)
            )

    ),

    held as (

{{ walked_switches('first_held', 'possible_switch') }}

    ),

    -- the segment that the month before ended in
    opened as (

        select
            months.*,
            held.segment_code as held_segment,
            held.held_from,
            held_rule.risk_rank as held_risk_rank,
            held_rule.leaves_at_once,
            held_rule.confirmation_months as confirmation_needed,
            held_rule.dwell_months as dwell_needed,
            {{ candidate_while_held('months', 'held.segment_code', 'held_rule.rule_order') }} as candidate_segment
        from (
            select
                entry.*,
                switched.step is not null as is_switch,
                coalesce(max(switched.step) over (
                    partition by entry.client_key
                    order by entry.step
                    rows between unbounded preceding and 1 preceding
                ), 0) as held_step
            from {{ entry }} as entry
            left join held as switched
                on entry.client_key = switched.client_key
                and entry.step = switched.step
        ) as months
        left join held
            on months.client_key = held.client_key
            and months.held_step = held.step
        left join {{ segment_rule }} as held_rule
            on months.as_of_month = held_rule.as_of_month
            and held.segment_code = held_rule.segment_code

    ),

    -- the step in which a count of months in a row last began anew
    restarted as (

        select
            *,
            max(case when is_other_candidate then step end) over (
                partition by client_key
                order by step
                rows between unbounded preceding and current row
            ) as pending_step,
            max(case when is_switch or entry_segment = held_segment then step end) over (
                partition by client_key
                order by step
                rows between unbounded preceding and current row
            ) as clear_step
        from (
            select
                *,
                candidate_segment is distinct from lag(candidate_segment) over (
                    partition by client_key
                    order by step
                ) as is_other_candidate
            from opened
        ) as compared

    ),

    numbered as (

        select
            months.client_key,
            months.as_of_month,
            months.candidate_segment,
            months.held_segment,
            months.is_switch,
            wanted.risk_rank > months.held_risk_rank and wanted.enters_at_once as is_deterioration,
            months.leaves_at_once,
            months.confirmation_needed,
            months.dwell_needed,
            months.step - months.held_from as dwell_before,
            months.step - months.pending_step + 1 + case
                when months.pending_step = 1 and months.candidate_segment = kept.pending_segment then kept.pending_months
                else 0
            end as pending_months,
            months.step - coalesce(months.clear_step, -coalesce(kept.clear_months, 0)) as clear_months
        from restarted as months
        left join {{ kept }} as kept on months.client_key = kept.client_key
        left join {{ segment_rule }} as wanted
            on months.as_of_month = wanted.as_of_month
            and months.candidate_segment = wanted.segment_code

    )

    select
        client_key,
        as_of_month,
        candidate_segment,
        case when is_switch then candidate_segment else held_segment end as model_segment,
        case
            when held_segment is null then 'INITIAL'
            when candidate_segment = held_segment then 'UNCHANGED'
            when is_deterioration then 'RISK_DETERIORATION_AT_ONCE'
            when leaves_at_once then 'DATA_BECAME_SUFFICIENT'
            when is_switch then 'CONFIRMED'
            when pending_months < confirmation_needed then 'HELD_PENDING_CONFIRMATION'
            when dwell_before < dwell_needed then 'HELD_MINIMUM_DWELL'
            else 'HELD_CLEAR_MONTHS'
        end as stability_reason,
        candidate_segment as pending_segment,
        cast(pending_months as integer) as pending_months,
        cast(case when is_switch then 1 else dwell_before + 1 end as integer) as dwell_months,
        cast(clear_months as integer) as clear_months
    from numbered
{%- endmacro %}

{#- The segment that a month asks for while another may be held: a stay condition of the one held comes first unless the
    month's own rule goes before it. -#}
{% macro candidate_while_held(entry, held_segment, held_order) -%}
            case
                when {{ held_order }} < {{ entry }}.entry_order
                    and contains({{ entry }}.stay_segments, ',' || {{ held_segment }} || ',')
                    then {{ held_segment }}
                else {{ entry }}.entry_segment
            end
{%- endmacro %}

{#- The walk from switch to switch: first_held (client_key, step, held_from, segment_code) and possible_switch
    (client_key, step, held_segment, next_segment, dwell_needed) -> every segment held, with the step that begins it.
    The only part of the fold that is not plain SQL on every engine. -#}
{% macro walked_switches(first_held, possible_switch) -%}{{ return(adapter.dispatch('walked_switches', 'lending')(first_held, possible_switch)) }}{%- endmacro %}
{% macro duckdb__walked_switches(first_held, possible_switch) -%}
        with recursive possible as materialized (

            select * from {{ possible_switch }}

        ),

        walk as (

            select
                client_key,
                step,
                held_from,
                segment_code
            from {{ first_held }}

            union all

            select
                walk.client_key,
                min(possible.step) as step,
                min(possible.step) as held_from,
                arg_min(possible.next_segment, possible.step) as segment_code
            from walk
            inner join possible
                on walk.client_key = possible.client_key
                and walk.segment_code = possible.held_segment
                and walk.step < possible.step
                and walk.held_from + possible.dwell_needed <= possible.step
            group by walk.client_key

        )

        select
            client_key,
            step,
            held_from,
            segment_code
        from walk
{%- endmacro %}
