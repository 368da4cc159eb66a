{#- Every condition of a decision table for every row of its candidate model, in long form and read from the seed alone:
    no rule is written here. It answers why a client stands in a segment, and it checks the candidate model, which
    writes the same rules side by side.

    axis       axis of the conditions
    candidate  relation with client_key, as_of_month and evidence_<feature>
    seed       condition seed (columns of rule_behaviour_condition)
    features   list of the features; booleans read as 1 and 0
    value      'enter_value', or 'leave_value' for the conditions that keep a client in a segment it holds

    Columns: client_key, as_of_month, rule_id, clause, condition_id, feature, feature_value, operator, threshold, is_met;
    and clause_bit, a power of two per rule and clause, by which rules_met collects the clauses of a row. -#}
{% macro evaluate_conditions(axis, candidate, seed, features, value='enter_value') -%}
(
    {% for feature in features -%}
    select
        candidate.client_key,
        candidate.as_of_month,
        conditions.rule_id,
        conditions.clause,
        conditions.condition_id,
        conditions.feature,
        cast(candidate.evidence_{{ feature }} as decimal(28,10)) as feature_value,
        conditions.operator,
        conditions.{{ value }} as threshold,
        coalesce(
            case conditions.operator
                when '>=' then cast(candidate.evidence_{{ feature }} as decimal(28,10)) >= conditions.{{ value }}
                when '>' then cast(candidate.evidence_{{ feature }} as decimal(28,10)) > conditions.{{ value }}
                when '<=' then cast(candidate.evidence_{{ feature }} as decimal(28,10)) <= conditions.{{ value }}
                when '<' then cast(candidate.evidence_{{ feature }} as decimal(28,10)) < conditions.{{ value }}
                when '=' then cast(candidate.evidence_{{ feature }} as decimal(28,10)) = conditions.{{ value }}
            end,
            conditions.missing_passes
        ) as is_met,
        conditions.clause_bit
    from {{ candidate }} as candidate
    inner join {{ numbered_conditions(axis, seed) }} as conditions
        on candidate.as_of_month >= conditions.valid_from
        and candidate.as_of_month < conditions.valid_to
    where conditions.feature = '{{ feature }}'
        and conditions.{{ value }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)
{%- endmacro %}

{#- The conditions of an axis, each clause with a power of two of its own. A bigint holds 52 clauses for certain. -#}
{% macro numbered_conditions(axis, seed) -%}
(
    select *, cast(power(2, dense_rank() over (order by rule_id, clause) - 1) as bigint) as clause_bit
    from {{ seed }}
    where axis = '{{ axis }}'
)
{%- endmacro %}

{#- The rules of an axis that evaluate_conditions finds met, per client and month: AND over the clauses of a rule, OR
    within a clause. A rule without conditions in force is met (entering) or keeps nobody (leaving). Columns: client_key,
    as_of_month, rule_id, rule_order, segment_code. -#}
{% macro rules_met(axis, candidate, seed, features, value='enter_value') -%}
(
    select
        met.client_key,
        met.as_of_month,
        asked.rule_id,
        asked.rule_order,
        asked.segment_code
    from (
        select
            client_key,
            as_of_month,
            bit_or(case when is_met then clause_bit else 0 end) as clauses_met
        from {{ evaluate_conditions(axis, candidate, seed, features, value) }} as conditions
        group by client_key, as_of_month
    ) as met
    inner join (
        select
            months.as_of_month,
            rules.rule_id,
            rules.rule_order,
            rules.segment_code,
            coalesce(bit_or(conditions.clause_bit), 0) as clauses_asked
        from {{ ref('int_month') }} as months
        inner join {{ ref('rule_segment') }} as rules
            on months.as_of_month >= rules.valid_from
            and months.as_of_month < rules.valid_to
        left join {{ numbered_conditions(axis, seed) }} as conditions
            on rules.rule_id = conditions.rule_id
            and months.as_of_month >= conditions.valid_from
            and months.as_of_month < conditions.valid_to
            and conditions.{{ value }} is not null
        where rules.axis = '{{ axis }}'
        group by months.as_of_month, rules.rule_id, rules.rule_order, rules.segment_code
    ) as asked
        on met.as_of_month = asked.as_of_month
        and (met.clauses_met & asked.clauses_asked) = asked.clauses_asked
        {%- if value == 'leave_value' %}
        and asked.clauses_asked > 0
        {%- endif %}
)
{%- endmacro %}

{#- Rows in which a candidate model and its condition seed disagree: another first rule, other segments to stay in, or
    a condition on a feature that the model does not show. -#}
{% macro candidate_disagrees_with_conditions(axis, candidate, seed, features) -%}
with entered as (

    select client_key, as_of_month, min(rule_order) as entry_order
    from {{ rules_met(axis, candidate, seed, features) }} as met
    group by client_key, as_of_month

),

kept as (

    select client_key, as_of_month, segment_code
    from {{ rules_met(axis, candidate, seed, features, 'leave_value') }} as met

),

-- the list of segments as a count of those that are right: as many as there are, and as many as the model lists
kept_in_model as (

    select
        candidate.client_key,
        candidate.as_of_month,
        cast(sum(case when candidate.stay_segments like '%,' || kept.segment_code || ',%' then 1 else 0 end) as integer) as right_segments,
        cast(count(kept.segment_code) as integer) as segments
    from {{ candidate }} as candidate
    left join kept
        on candidate.client_key = kept.client_key
        and candidate.as_of_month = kept.as_of_month
    group by candidate.client_key, candidate.as_of_month

)

select
    'ANOTHER_RULE' as problem,
    candidate.client_key,
    candidate.as_of_month,
    candidate.entry_segment || ' by the model, ' || coalesce(rules.segment_code, 'none') || ' by the conditions' as what
from {{ candidate }} as candidate
left join entered
    on candidate.client_key = entered.client_key
    and candidate.as_of_month = entered.as_of_month
left join {{ ref('rule_segment') }} as rules
    on rules.axis = '{{ axis }}'
    and entered.entry_order = rules.rule_order
    and candidate.as_of_month >= rules.valid_from
    and candidate.as_of_month < rules.valid_to
where candidate.entry_segment is distinct from rules.segment_code
    or candidate.entry_order is distinct from rules.rule_order
    or candidate.rule_id is distinct from rules.rule_id
    or candidate.rule_version is distinct from rules.rule_version

union all

select
    'OTHER_SEGMENTS_TO_STAY_IN',
    candidate.client_key,
    candidate.as_of_month,
    coalesce(candidate.stay_segments, 'none') || ' by the model, ' || kept_in_model.segments || ' by the conditions'
from {{ candidate }} as candidate
inner join kept_in_model
    on candidate.client_key = kept_in_model.client_key
    and candidate.as_of_month = kept_in_model.as_of_month
where kept_in_model.right_segments <> kept_in_model.segments
    or coalesce(length(candidate.stay_segments) - length(replace(candidate.stay_segments, ',', '')) - 1, 0) <> kept_in_model.segments

union all

select 'UNKNOWN_FEATURE', null, null, conditions.condition_id || ' looks at ' || conditions.feature
from {{ seed }} as conditions
where conditions.feature not in ({% for feature in features %}'{{ feature }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
