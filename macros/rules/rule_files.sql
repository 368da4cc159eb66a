{#- The rules in force: the shipped seeds, and the files of LENDING_RULES in place of those of the same name. -#}

{% macro rules_setting() -%}{{- return(setting('LENDING_RULES', '')) -}}{%- endmacro %}

{#- What the plugin says about them (plugins/lending_rules.py): problems, files, fingerprint. -#}
{% macro rules_answer() -%}
    {{- return(fromjson(run_query("select lending_rules('" ~ rules_setting() | replace("'", "''") ~ "')").columns[0].values()[0])) -}}
{%- endmacro %}

{#- Stops with one sentence where a rule is wrong; further problems stand in the log. -#}
{% macro check_rules() -%}
    {%- set problems = rules_answer()['problems'] -%}
    {%- for problem in problems[1:] -%}
        {%- do log("Also wrong: " ~ problem, info = true) -%}
    {%- endfor -%}
    {%- if problems -%}
        {{- exceptions.raise_compiler_error(problems[0]) -}}
    {%- endif -%}
{%- endmacro %}

{#- A rule seed as a table function over its file, every column text: for what has to be known before seeds are loaded. -#}
{% macro rule_file(seed) -%}
    {%- set file = rules_answer()['files'].get(seed) -%}
    {%- if file is none -%}{%- do check_rules() -%}{%- endif -%}
    {{- return(rule_file_scan(file, {})) -}}
{%- endmacro %}

{% macro rule_file_scan(file, types) -%}
    {%- set columns = [] -%}
    {%- for column in file['columns'] -%}
        {%- do columns.append("'" ~ column ~ "': '" ~ types.get(column, 'varchar') ~ "'") -%}
    {%- endfor -%}
    {{- return(
        "read_csv('" ~ file['path'] | replace("'", "''") ~ "', auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {"
        ~ columns | join(', ') ~ "})"
    ) -}}
{%- endmacro %}

{#- Overrides how dbt-duckdb loads a seed: a seed that LENDING_RULES replaces takes the rows of the lender's file, with
    the column types of the seed. The plugin has checked that the file has its columns, in whatever order. -#}
{% macro duckdb__load_csv_rows(model, agate_table) -%}
    {%- set file = rules_answer()['files'].get(model['name']) if rules_setting() != '' else none -%}
    {%- if not file or not file['is_replaced'] -%}
        {{- return(dbt.duckdb__load_csv_rows(model, agate_table)) -}}
    {%- endif -%}
    {%- set sql -%}
        insert into {{ this.render() }} ({{ file['columns'] | join(', ') }})
        select {{ file['columns'] | join(', ') }}
        from {{ rule_file_scan(file, model['config'].get('column_types', {})) }}
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log = true) -%}
    {%- do log("Rules of " ~ file['shown'] ~ " in place of the shipped " ~ model['name'], info = true) -%}
    {{- return(sql) -}}
{%- endmacro %}
