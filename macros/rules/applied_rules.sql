{#- Which rules the monthly tables were built with, and from when on a change of them matters.

    quality.applied_rule(seed, row_text, valid_from, valid_to): the rule and reference rows of the last whole build that
    succeeded. quality.build_state(first_changed_on): from when on the tables may hold results of other rules than
    today's; NULL when all of them were built with these. A build that fails or builds a part leaves its date there for
    the next one: some tables have the new rules by then, and taking the change back would not be noticed otherwise. -#}

{#- The earliest day on which a row that was added, removed or changed matters, as a SQL literal; none when nothing
    changed or no whole build has succeeded yet. A row that only ends earlier or later matters from the earlier of its
    two ends; a row without dates matters always. `folder` stands for LENDING_RULES. -#}
{% macro first_changed_month(folder = none) -%}
    {%- if not has_table('quality', 'applied_rule') -%}{{- return(none) -}}{%- endif -%}
    {%- set compared -%}
        with today as ({{ current_rule_rows(folder) }})
        select cast(min(
            case
                when today.row_text is null then applied.valid_from
                when applied.row_text is null then today.valid_from
                when today.valid_to <> applied.valid_to then least(today.valid_to, applied.valid_to)
            end
        ) as varchar) as first_changed_on
        from today
        full join quality.applied_rule as applied
            on today.seed = applied.seed and today.row_text = applied.row_text
    {%- endset -%}
    {%- set day = run_query(compared).columns[0].values()[0] -%}
    {{- return("date '" ~ day ~ "'" if day is not none else none) -}}
{%- endmacro %}

{#- Whether a table is there. Not adapter.get_relation: for a schema that dbt has not listed it opens a transaction
    before the first model, and dbt rolls back what the hooks wrote in it. -#}
{% macro has_table(schema, name) -%}
    {%- set found = run_query("select count(*) from information_schema.tables where table_schema = '" ~ schema ~ "' and table_name = '" ~ name ~ "'") -%}
    {{- return(found.columns[0].values()[0] > 0) -}}
{%- endmacro %}

{#- Every rule and reference row in force, as quality.applied_rule stores it. -#}
{% macro current_rule_rows(folder = none) -%}
select seed, row_text, cast(valid_from as date) as valid_from, cast(valid_to as date) as valid_to
from (
    select unnest(
        from_json(
            lending_rule_rows('{{ (rules_setting() if folder is none else folder) | replace("'", "''") }}'),
            '[{"seed": "VARCHAR", "row_text": "VARCHAR", "valid_from": "VARCHAR", "valid_to": "VARCHAR"}]'
        ),
        recursive := true
    )
) as rule_row
{%- endmacro %}

{#- On-run-start, once per invocation: the SQL that stores first_changed_month() for the incremental models, together
    with what earlier builds left unfinished. Without a whole build to compare with, whatever an earlier one left
    behind may hold any rules. -#}
{% macro remember_first_change() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set days = [] -%}
        {%- set changed = first_changed_month() -%}
        {%- if changed is not none -%}{%- do days.append(changed) -%}{%- endif -%}
        {%- if has_table('quality', 'build_state') -%}
            {%- set left = run_query('select cast(first_changed_on as varchar) from quality.build_state').columns[0].values()[0] -%}
            {%- if left is not none -%}{%- do days.append("date '" ~ left ~ "'") -%}{%- endif -%}
            {%- if not has_table('quality', 'applied_rule') -%}{%- do days.append("date '1900-01-01'") -%}{%- endif -%}
        {%- endif -%}
create schema if not exists quality;
create or replace table quality.build_state as
select {{ days | min if days else 'cast(null as date)' }} as first_changed_on;
    {%- endif -%}
{%- endmacro %}

{#- On-run-end: after a whole build or run that succeeded, the rules in force are the applied ones. -#}
{% macro remember_applied_rules(results) -%}
    {%- if execute and flags.WHICH in ('build', 'run') and is_whole_project() and all_succeeded(results) -%}
        {%- set stale = seeds_to_load() if flags.WHICH == 'run' else [] -%}
        {%- if stale -%}
            {%- do log("These rules are not the ones that the warehouse has loaded: " ~ stale | join(', ') ~ ". Run dbt build, or dbt seed before dbt run.", info = true) -%}
        {%- else -%}
create or replace table quality.applied_rule as
{{ current_rule_rows() }}
order by seed, row_text;
create or replace table quality.build_state as
select cast(null as date) as first_changed_on;
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Whether the invocation builds every model (and, in a build, loads every seed), with all their rows. -#}
{% macro is_whole_project() -%}
    {%- set kinds = ['model', 'snapshot', 'seed'] if flags.WHICH == 'build' else ['model'] -%}
    {%- set left_out = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in kinds and node.unique_id not in selected_resources -%}
        {%- do left_out.append(node.name) -%}
    {%- endfor -%}
    {{- return(left_out | length == 0 and not invocation_args_dict.get('empty') and not invocation_args_dict.get('sample')) -}}
{%- endmacro %}

{% macro all_succeeded(results) -%}
    {%- set failed = [] -%}
    {%- for result in results if result.status | string not in ('success', 'pass', 'warn', 'no-op') -%}
        {%- do failed.append(result.node.name) -%}
    {%- endfor -%}
    {{- return(results | length > 0 and failed | length == 0) -}}
{%- endmacro %}

{#- The rule and reference seeds whose table holds other rows than their file: `dbt run` loads no seeds. -#}
{% macro seeds_to_load() -%}
    {%- set stale = [] -%}
    {%- set files = rules_answer()['files'] -%}
    {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'seed') | sort(attribute = 'name') if node.name in files -%}
        {%- set loaded = node.schema ~ '.' ~ node.alias -%}
        {%- if not has_table(node.schema, node.alias) -%}
            {%- do stale.append(node.name) -%}
        {%- else -%}
            {%- set columns = files[node.name]['columns'] | join(', ') -%}
            {%- set in_file = 'select ' ~ columns ~ ' from ' ~ rule_file_scan(files[node.name], node.config.column_types) -%}
            {%- set in_table = 'select ' ~ columns ~ ' from ' ~ loaded -%}
            {%- set differing -%}
                select count(*) from (
                    ({{ in_file }} except all {{ in_table }})
                    union all
                    ({{ in_table }} except all {{ in_file }})
                ) as differing
            {%- endset -%}
            {%- if run_query(differing).columns[0].values()[0] > 0 -%}{%- do stale.append(node.name) -%}{%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(stale) -}}
{%- endmacro %}
