{#- Everything that can be wrong before the first model is built, each with one sentence: rules, settings, files,
    tables, types, the reporting date, and an input that does not belong to this warehouse. Called on-run-start: an error here
    leaves the warehouse file as it was. Returns the SQL that remembers the input. -#}
{% macro check_before_build() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'seed', 'test', 'snapshot') -%}
        {%- do check_rules() -%}
        {%- do check_settings() -%}
        {%- if not input_is_demo() -%}
            {%- do check_input(input_inventory()) -%}
        {%- endif -%}
        {%- do check_same_input() -%}
        {%- do check_same_months() -%}
        {{- remember_input() -}}
    {%- endif -%}
{%- endmacro %}

{% macro check_settings() -%}
    {%- for name in ['LENDING_AS_OF_DATE', 'LENDING_HISTORY_START'] -%}
        {%- set value = setting(name, '') -%}
        {%- if value != '' -%}
            {%- set pattern = '[0-9]{4}-[0-9]{2}-[0-9]{2}' if name == 'LENDING_AS_OF_DATE' else '[0-9]{4}-[0-9]{2}(-[0-9]{2})?' -%}
            {%- set text = value if value | length > 7 else value ~ '-01' -%}
            {%- if not modules.re.fullmatch(pattern, value) or run_query("select try_cast('" ~ text ~ "' as date)").columns[0].values()[0] is none -%}
                {{- exceptions.raise_compiler_error(name ~ " is " ~ value ~ "; it must be a date written YYYY-MM-DD" ~ (" or YYYY-MM" if name == 'LENDING_HISTORY_START' else "") ~ ".") -}}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set start, stop = setting('LENDING_HISTORY_START', ''), setting('LENDING_AS_OF_DATE', '') -%}
    {%- if start != '' and stop != '' and start[:7] > stop[:7] -%}
        {{- exceptions.raise_compiler_error("LENDING_HISTORY_START is " ~ start ~ ", after LENDING_AS_OF_DATE " ~ stop ~ "; the history must start before the reporting date.") -}}
    {%- endif -%}
    {%- set currency = lending_currency() -%}
    {%- set known = run_query("select count(*) from " ~ rule_file('ref_currency') ~ " where currency = '" ~ currency | replace("'", "''") ~ "'") -%}
    {%- if known.columns[0].values()[0] == 0 -%}
        {{- exceptions.raise_compiler_error("LENDING_CURRENCY is " ~ currency ~ ", which is not in " ~ rules_answer()['files']['ref_currency']['shown'] ~ "; use an ISO 4217 code from there.") -}}
    {%- endif -%}
{%- endmacro %}

{% macro check_input(inventory) -%}
    {%- set where = input_setting() -%}
    {%- set tables = inventory['tables'] -%}
    {%- for table, contract in input_contract().items() if contract['needed'] and table not in tables -%}
        {{- exceptions.raise_compiler_error(
            "The table " ~ table ~ " is needed and was not found in " ~ where ~ "; give it as "
            ~ (table ~ " in that schema." if where.startswith('schema:') else table ~ ".parquet, " ~ table ~ ".csv or a folder " ~ table ~ " of Parquet files.")
        ) -}}
    {%- endfor -%}
    {%- for table, found in tables.items() -%}
        {%- set columns = input_contract()[table]['columns'] -%}
        {%- set shared = [] -%}
        {%- for column, type in found['columns'].items() if column in columns or column.startswith('x_') -%}
            {%- do shared.append(column) if column in columns -%}
            {%- if not modules.re.match('(VARCHAR|BOOLEAN|U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$|FLOAT|DOUBLE|DECIMAL|DATE$|TIMESTAMP|ENUM)', type) -%}
                {{- exceptions.raise_compiler_error("Column " ~ column ~ " of " ~ found['file'] ~ " has the type " ~ type ~ ", which is none of text, number, boolean, date or timestamp.") -}}
            {%- endif -%}
        {%- endfor -%}
        {%- if shared | length == 0 -%}
            {{- exceptions.raise_compiler_error(found['file'] ~ " has none of the columns of the contract table " ~ table ~ " (it has " ~ found['columns'].keys() | join(', ') ~ ").") -}}
        {%- endif -%}
    {%- endfor -%}
    {%- if inventory['unknown'] -%}
        {%- do log("Not read, since no contract table has that name: " ~ inventory['unknown'] | join(', '), info = true) -%}
    {%- endif -%}
    {%- if setting('LENDING_AS_OF_DATE', '') == '' -%}
        {%- set dated = [] -%}
        {%- for table, found in tables.items() if 'extracted_at' in found['columns'] -%}
            {%- do dated.append(table) -%}
        {%- endfor -%}
        {%- if dated | length == 0 -%}
            {{- exceptions.raise_compiler_error("The reporting date is not known: no table of " ~ where ~ " has the column extracted_at; set LENDING_AS_OF_DATE=YYYY-MM-DD.") -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- A warehouse holds one input. Another one in the same LENDING_HOME would mix with what is there. -#}
{% macro check_same_input() -%}
    {%- if has_table('quality', 'build_input') and not flags.FULL_REFRESH -%}
        {%- set before = run_query('select input_setting, lending_currency from quality.build_input').rows[0] -%}
        {%- if before[0] != input_setting() or before[1] != lending_currency() -%}
            {{- exceptions.raise_compiler_error(
                "The warehouse in " ~ env_var('LENDING_HOME', 'warehouse') ~ " was built from LENDING_INPUT=" ~ before[0] ~ " in " ~ before[1]
                ~ ", not from " ~ input_setting() ~ " in " ~ lending_currency() ~ "; run with --full-refresh to replace it, or set another LENDING_HOME."
            ) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro remember_input() -%}
    {%- set schema_text = 'demo' if input_is_demo() else tojson(input_inventory()['tables'], sort_keys = true) -%}
create schema if not exists quality;
create or replace table quality.build_input as
select
    '{{ input_setting() | replace("'", "''") }}' as input_setting,
    '{{ lending_currency() }}' as lending_currency,
    '{{ local_md5(schema_text) }}' as input_schema_fingerprint,
    '{{ rules_answer()['fingerprint'] }}' as rules_fingerprint;
{%- endmacro %}

