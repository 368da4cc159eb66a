{#- A decision table as a model writes it, and its conditions as SQL. `rules` is a list of
    [rule_id, [clause, ...]]; a clause is a list of conditions [condition_id, feature, operator]; the values come from the
    condition seed by condition_values. A condition that the seed does not have in a month does not count. -#}

{#- The condition ids of a decision table. -#}
{% macro condition_ids(rules) -%}
    {%- set ids = [] -%}
    {%- for rule_id, clauses in rules -%}
        {%- for clause in clauses -%}{%- for condition in clause -%}{%- do ids.append(condition[0]) -%}{%- endfor -%}{%- endfor -%}
    {%- endfor -%}
    {{- return(ids) -}}
{%- endmacro %}

{#- One rule_values column of rule_segment per rule: <rule_id>_<what>. -#}
{% macro rule_columns(rules, what) -%}
    {%- set names = {} -%}
    {%- for rule_id, clauses in rules -%}
        {%- for column in what -%}{%- do names.update({rule_id | lower ~ '_' ~ column: [rule_id, column]}) -%}{%- endfor -%}
    {%- endfor -%}
    {{- return(names) -}}
{%- endmacro %}

{#- Whether a condition is met with its enter or its leave value; NULL where it does not count. Booleans are 1 and 0. -#}
{% macro condition_is_met(condition, value, booleans) -%}
    {%- set id = condition[0] | lower -%}
    {%- set feature = 'cast(' ~ condition[1] ~ ' as integer)' if condition[1] in booleans else condition[1] -%}
    {%- set met = meets(feature, condition[2], id ~ '_' ~ value, id ~ '_missing') -%}
    {{- return('case when ' ~ id ~ '_' ~ value ~ ' is not null then ' ~ met ~ ' end') -}}
{%- endmacro %}

{#- Whether every clause has a condition that is met; a clause none of whose conditions counts asks for nothing. -#}
{% macro clauses_are_met(clauses, value, booleans) -%}
    {%- set parts = [] -%}
    {%- for clause in clauses -%}
        {%- if clause | length == 1 -%}
            {%- do parts.append('coalesce(' ~ condition_is_met(clause[0], value, booleans) ~ ', true)') -%}
        {%- else -%}
            {%- set any = [] -%}
            {%- set none_counts = [] -%}
            {%- for condition in clause -%}
                {%- do any.append('coalesce(' ~ condition_is_met(condition, value, booleans) ~ ', false)') -%}
                {%- do none_counts.append(condition[0] | lower ~ '_' ~ value ~ ' is null') -%}
            {%- endfor -%}
            {%- do parts.append('(' ~ any | join('\n            or ') ~ '\n            or (' ~ none_counts | join(' and ') ~ '))') -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(parts | join('\n        and ') if parts else 'true') -}}
{%- endmacro %}

{#- Whether a client that holds the segment of the rule stays: some condition has a leave value, and every clause that
    has one is met with it. -#}
{% macro clauses_are_kept(clauses, booleans) -%}
    {%- set has_leave = [] -%}
    {%- for clause in clauses -%}
        {%- for condition in clause -%}{%- do has_leave.append(condition[0] | lower ~ '_leave is not null') -%}{%- endfor -%}
    {%- endfor -%}
    {{- return('(' ~ has_leave | join(' or ') ~ ')\n        and ' ~ clauses_are_met(clauses, 'leave', booleans) if has_leave else 'false') -}}
{%- endmacro %}
