{#- Why a client stands in its six segments at a month end: one line of text after the other. Columns: axis, line_order,
    topic (SEGMENT, RULE, EVIDENCE, HELD_BACK, OVERRIDE, TO_MOVE, TO_STAY), text. Reads the seg_ models and the rule seeds
    of that month; an unknown client or month gives no row. -#}
{% macro why_this_segment(client_key, as_of_month) -%}
{%- set one_row = " where client_key = " ~ client_key ~ " and as_of_month = " ~ as_of_month -%}
with segment_rule as (

    select *
    from {{ ref('rule_segment') }}
    where valid_from <= {{ as_of_month }} and valid_to > {{ as_of_month }}

),

names as (

    select axis, segment_code, segment_code || ' (' || name_en || ', ' || name_zh || ')' as shown
    from {{ ref('ref_segment') }}

),

{% for axis in segment_axes() -%}
{%- set relation = ref('seg_' ~ axis | lower) -%}
{%- set evidence = [] -%}
{%- if execute -%}
{%- for column in adapter.get_columns_in_relation(relation) if column.name.startswith('evidence_') or column.name == 'size_basis' -%}
{%- do evidence.append(column.name) -%}
{%- endfor -%}
{%- endif -%}
{{ axis | lower }}_row as (

    select
        '{{ axis }}' as axis,
        *,
        {% if evidence -%}
        concat_ws(
            '; ',
            {%- for column in evidence %}
            '{{ column | replace('evidence_', '') }} = ' || coalesce(cast({{ column }} as varchar), 'unknown'){{ ',' if not loop.last }}
            {%- endfor %}
        )
        {%- else -%}
        ''
        {%- endif %} as shown_evidence
    from {{ relation }}
    {{ one_row }}

),

{% endfor -%}
held as (

    {% for axis in segment_axes() -%}
    select
        axis, candidate_segment, model_segment, final_segment, rule_id, rule_version, reason_code, stability_reason,
        pending_segment, pending_months, dwell_months, clear_months, override_no, shown_evidence
    from {{ axis | lower }}_row
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- every condition of the two decision tables, with what the client has
condition as (

    {% for axis in ['LIFECYCLE', 'BEHAVIOUR'] -%}
    {%- set seed = ref('rule_' ~ axis | lower ~ '_condition') -%}
    {%- set features = run_query('select distinct feature from ' ~ seed ~ ' order by feature').columns[0].values() if execute else ['axis'] -%}
        select '{{ axis }}' as axis, *
    from {{ evaluate_conditions(axis, '(select * from ' ~ ref('seg_' ~ axis | lower ~ '_candidate') ~ one_row ~ ')', seed, features) }} as entered
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

condition_text as (

    select
        condition.axis,
        condition.rule_id,
        condition.clause,
        bool_or(condition.is_met) over (partition by condition.axis, condition.rule_id, condition.clause) as clause_is_met,
        condition.is_met,
        condition.feature || ' is ' || coalesce(rtrim(rtrim(cast(condition.feature_value as varchar), '0'), '.'), 'unknown')
        || ', asked is ' || condition.operator || ' ' || rtrim(rtrim(cast(cast(condition.threshold as decimal(28,10)) as varchar), '0'), '.') as shown
    from condition

),

-- per rule how much of it is not met, and in which words
gap as (

    select
        axis,
        rule_id,
        count(distinct case when not clause_is_met then clause end) as open_clauses,
        string_agg(case when not clause_is_met then shown end, '; ' order by clause, shown) as open_conditions,
        string_agg(case when is_met then shown end, '; ' order by clause, shown) as met_conditions
    from condition_text
    group by axis, rule_id

),

-- of the rules that stand before the one that holds, the one that lacks least
nearest as (

    select
        held.axis,
        rules.segment_code,
        gap.open_conditions,
        row_number() over (partition by held.axis order by gap.open_clauses, rules.rule_order) as choice
    from held
    inner join segment_rule as mine on held.axis = mine.axis and held.candidate_segment = mine.segment_code
    inner join segment_rule as rules on held.axis = rules.axis and rules.rule_order < mine.rule_order
    inner join gap on rules.axis = gap.axis and rules.rule_id = gap.rule_id
    where gap.open_clauses > 0

),

-- the tiers on the master scale
tier as (

    select segment_code, min(pd_lower) as pd_above, max(pd_upper) as pd_to, min(grade_order) as tier_order
    from {{ ref('rule_master_scale') }}
    where valid_from <= {{ as_of_month }} and valid_to > {{ as_of_month }}
    group by segment_code

),

size_bound as (

    select
        size_row.axis,
        bounds.indicator,
        bounds.size_class,
        bounds.lower_bound,
        case bounds.indicator
            when 'EMPLOYEES' then cast(size_row.evidence_employees as decimal(18,6))
            when 'REVENUE_WAN' then size_row.evidence_revenue_wan
            when 'ASSETS_WAN' then size_row.evidence_assets_wan
        end as value
    from size_row
    inner join {{ ref('ref_size_threshold') }} as bounds
        on size_row.rule_id = 'SIZE_ROW_' || lpad(cast(bounds.size_row as varchar), 2, '0')
    where bounds.valid_from <= {{ as_of_month }} and bounds.valid_to > {{ as_of_month }}

),

line as (

    select axis, 1 as line_order, 'SEGMENT' as topic,
        'final ' || final_segment || ', model ' || model_segment || ', candidate ' || candidate_segment as text
    from held
    union all
    select held.axis, 2, 'RULE',
        held.rule_id || ' version ' || held.rule_version || ', ' || held.reason_code || ': ' || coalesce(rules.rule_in_words, '')
    from held
    left join segment_rule as rules on held.axis = rules.axis and held.candidate_segment = rules.segment_code
    union all
    select axis, 3, 'EVIDENCE', shown_evidence
    from held
    union all
    select held.axis, 4, 'HELD_BACK',
        held.stability_reason || ': ' || held.pending_segment || ' for ' || held.pending_months || ' month(s), in '
        || held.model_segment || ' for ' || held.dwell_months || ' month(s), its rule not met for ' || held.clear_months
        || ' month(s); a change needs ' || axes.confirmation_months || ' month ends and ' || axes.dwell_months || ' months'
        || coalesce(' and ' || rules.clear_months || ' clear months', '')
    from held
    inner join {{ ref('rule_axis') }} as axes
        on held.axis = axes.axis and axes.valid_from <= {{ as_of_month }} and axes.valid_to > {{ as_of_month }}
    left join segment_rule as rules on held.axis = rules.axis and held.model_segment = rules.segment_code
    where held.candidate_segment <> held.model_segment
    union all
    select held.axis, 5, 'OVERRIDE',
        held.override_no || ' asks for ' || requests.segment_code || ' from ' || requests.valid_from || ' to ' || requests.expires_on
    from held
    inner join {{ ref('seg_override_request') }} as requests on held.override_no = requests.override_no
    union all
    select axis, 6, 'TO_MOVE', 'to ' || segment_code || ': ' || open_conditions
    from nearest
    where choice <= 2
    union all
    select held.axis, 7, 'TO_STAY', 'holds because ' || gap.met_conditions
    from held
    inner join gap on held.axis = gap.axis and held.rule_id = gap.rule_id
    where gap.met_conditions is not null
    union all
    select 'CREDIT', 6, 'TO_MOVE',
        'knocked out by ' || evidence_knock_out_reason || ': it must be cured, then '
        || coalesce(cast(rules.clear_months as varchar), '0') || ' clear months'
    from credit_row
    left join segment_rule as rules on rules.axis = 'CREDIT' and rules.segment_code = credit_row.model_segment
    where evidence_knock_out_reason is not null
    union all
    select 'CREDIT', 6, 'TO_MOVE',
        'to ' || tier.segment_code || ': probability of default '
        || case when tier.tier_order < mine.tier_order then 'at most ' || tier.pd_to else 'more than ' || tier.pd_above end
        || ', it is ' || credit_row.evidence_pd
    from credit_row
    inner join tier as mine on credit_row.candidate_segment = mine.segment_code
    inner join tier on tier.segment_code <> mine.segment_code and (tier.pd_to = mine.pd_above or tier.pd_above = mine.pd_to)
    where credit_row.evidence_pd is not null and credit_row.evidence_knock_out_reason is null
    union all
    select 'CREDIT', 6, 'TO_MOVE', 'a rating that counts: none does (' || reason_code || ')'
    from credit_row
    where evidence_pd is null and evidence_knock_out_reason is null
    union all
    select axis, 6, 'TO_MOVE',
        'to ' || size_class || ': ' || indicator || ' at least ' || rtrim(rtrim(cast(lower_bound as varchar), '0'), '.')
        || ', it is ' || coalesce(rtrim(rtrim(cast(value as varchar), '0'), '.'), 'unknown')
    from size_bound
    where coalesce(value < lower_bound, true)
    union all
    select 'INDUSTRY', 6, 'TO_MOVE',
        'another industry code, or a valid technology certificate; the code is ' || coalesce(evidence_industry_code, 'unknown')
    from industry_row
    union all
    select 'PROJECT_TYPE', 6, 'TO_MOVE',
        case when evidence_project_key is null then 'an active project as borrower or sponsor'
            else 'another project with more debt than project ' || evidence_project_key || ', or its end' end
    from project_type_row

)

select
    line.axis,
    line.line_order,
    line.topic,
    coalesce(case when line.topic = 'SEGMENT' then names.shown || ': ' end, '') || line.text as text
from line
left join held on line.axis = held.axis
left join names on held.axis = names.axis and held.final_segment = names.segment_code
{%- endmacro %}
