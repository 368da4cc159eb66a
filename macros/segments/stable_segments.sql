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

{#- The fold over the months of each client: what holds in a month depends on what held the month before. Relations:
    entry (client_key, as_of_month, step from 1, entry_segment, entry_order, stay_segments), kept (the state before the
    first step, where there is one) and segment_rule (per month and segment). -#}
{% macro folded_months(entry, kept, segment_rule) -%}{{ return(adapter.dispatch('folded_months', 'lending')(entry, kept, segment_rule)) }}{%- endmacro %}
{% macro duckdb__folded_months(entry, kept, segment_rule) -%}
    with recursive state as (

        -- the state before the first step; a client without one starts in the segment of its first month
        select
            first.client_key,
            cast(0 as bigint) as step,
            cast(null as date) as as_of_month,
            cast(null as varchar) as candidate_segment,
            kept.model_segment,
            cast(null as varchar) as stability_reason,
            kept.pending_segment,
            cast(kept.pending_months as integer) as pending_months,
            cast(kept.dwell_months as integer) as dwell_months,
            cast(kept.clear_months as integer) as clear_months
        from {{ entry }} as first
        left join {{ kept }} as kept on first.client_key = kept.client_key
        where first.step = 1

        union all

        select
            decided.client_key,
            decided.step,
            decided.as_of_month,
            decided.candidate_segment,
            case when decided.is_switch then decided.candidate_segment else decided.held_segment end,
            decided.stability_reason,
            decided.candidate_segment,
            decided.pending_months,
            case when decided.is_switch then 1 else decided.dwell_before + 1 end,
            case when decided.is_switch then 0 else decided.clear_months end
        from (
            select
                *,
                list_contains(
                    ['INITIAL', 'RISK_DETERIORATION_AT_ONCE', 'DATA_BECAME_SUFFICIENT', 'CONFIRMED'], stability_reason
                ) as is_switch
            from (
                select
                    compared.*,
                    case
                        when compared.held_segment is null then 'INITIAL'
                        when compared.candidate_segment = compared.held_segment then 'UNCHANGED'
                        when wanted.risk_rank > compared.held_risk_rank and wanted.enters_at_once then 'RISK_DETERIORATION_AT_ONCE'
                        when compared.leaves_at_once then 'DATA_BECAME_SUFFICIENT'
                        when compared.pending_months < compared.confirmation_needed then 'HELD_PENDING_CONFIRMATION'
                        when compared.dwell_before < compared.dwell_needed then 'HELD_MINIMUM_DWELL'
                        when compared.clear_months < compared.clear_needed then 'HELD_CLEAR_MONTHS'
                        else 'CONFIRMED'
                    end as stability_reason
                from (
                    select
                        wished.*,
                        cast(case when wished.candidate_segment = wished.pending_before then wished.pending_months_before + 1 else 1 end as integer) as pending_months
                    from (
                        select
                            entry.client_key,
                            entry.step,
                            entry.as_of_month,
                            before.model_segment as held_segment,
                            before.pending_segment as pending_before,
                            before.pending_months as pending_months_before,
                            coalesce(before.dwell_months, 0) as dwell_before,
                            held.risk_rank as held_risk_rank,
                            held.leaves_at_once,
                            held.clear_months as clear_needed,
                            held.confirmation_months as confirmation_needed,
                            held.dwell_months as dwell_needed,
                            case
                                when held.rule_order < entry.entry_order
                                    and contains(entry.stay_segments, ',' || before.model_segment || ',')
                                    then before.model_segment
                                else entry.entry_segment
                            end as candidate_segment,
                            cast(case when entry.entry_segment = before.model_segment then 0 else coalesce(before.clear_months, 0) + 1 end as integer) as clear_months
                        from state as before
                        inner join {{ entry }} as entry
                            on before.client_key = entry.client_key
                            and before.step + 1 = entry.step
                        left join {{ segment_rule }} as held
                            on entry.as_of_month = held.as_of_month
                            and before.model_segment = held.segment_code
                    ) as wished
                ) as compared
                left join {{ segment_rule }} as wanted
                    on compared.as_of_month = wanted.as_of_month
                    and compared.candidate_segment = wanted.segment_code
            ) as reasoned
        ) as decided

    )

    select
        client_key,
        as_of_month,
        candidate_segment,
        model_segment,
        stability_reason,
        pending_segment,
        pending_months,
        dwell_months,
        clear_months
    from state
    where step > 0
{%- endmacro %}
