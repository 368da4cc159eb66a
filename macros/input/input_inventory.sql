{#- What was delivered, for the tables of the contract: {table: {'scan': SQL, 'file': name, 'columns': {name: type}}}.
    Only for an input of files or of database tables; the demo is a set of seeds that dbt itself knows.
    Stops with the inventory's own sentence where a file cannot be used. -#}
{% macro input_inventory() -%}
    {%- set input = input_setting() -%}
    {%- if input.startswith('schema:') -%}
        {{- return(inventory_of_schema(input[7:] | trim)) -}}
    {%- else -%}
        {{- return(inventory_of_folder(input)) -}}
    {%- endif -%}
{%- endmacro %}

{% macro inventory_of_folder(folder) -%}
    {%- set home = env_var('LENDING_HOME', 'warehouse') -%}
    {%- set arguments = [folder, setting('LENDING_INPUT_ENCODING', 'utf-8'), home ~ '/spool', input_contract().keys() | join(',')] -%}
    {%- set quoted = [] -%}
    {%- for argument in arguments -%}
        {%- do quoted.append("'" ~ argument | replace("'", "''") ~ "'") -%}
    {%- endfor -%}
    {%- set answer = fromjson(run_query('select lending_input_inventory(' ~ quoted | join(', ') ~ ')').columns[0].values()[0]) -%}
    {%- if answer.get('error') -%}
        {{- exceptions.raise_compiler_error(answer['error']) -}}
    {%- endif -%}
    {{- return(answer) -}}
{%- endmacro %}

{% macro inventory_of_schema(schema_name) -%}
    {%- if not modules.re.fullmatch('[A-Za-z_][A-Za-z0-9_.]*', schema_name) -%}
        {{- exceptions.raise_compiler_error("LENDING_INPUT is schema:" ~ schema_name ~ ", which is not the name of a schema; use schema:<name> or schema:<database>.<name>.") -}}
    {%- endif -%}
    {%- set parts = schema_name.split('.') -%}
    {%- set found -%}
        select lower(table_name) as table_name, lower(column_name) as column_name, data_type
        from information_schema.columns
        where lower(table_schema) = lower('{{ parts[-1] }}')
        {%- if parts | length > 1 %} and lower(table_catalog) = lower('{{ parts[0] }}'){% endif %}
        order by table_name, ordinal_position
    {%- endset -%}
    {%- set tables = {} -%}
    {%- for row in run_query(found).rows -%}
        {%- if row[0] in input_contract() -%}
            {%- do tables.setdefault(row[0], {'scan': schema_name ~ '.' ~ row[0], 'file': schema_name ~ '.' ~ row[0], 'columns': {}}) -%}
            {%- do tables[row[0]]['columns'].update({row[1]: row[2]}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return({'tables': tables, 'unknown': []}) -}}
{%- endmacro %}
