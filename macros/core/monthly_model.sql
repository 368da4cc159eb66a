{#- A model with one set of rows per as_of_month that grows by months (architecture.md section 4): a run rebuilds the
    last months of what is there (var look_back_months), or from the first month whose rules have changed, and appends
    the new ones. Call at the head of the model, and keep rows of rebuilt months only: where as_of_month >=
    first_rebuilt_month(). -#}
{% macro monthly_model() -%}
    {{- config(
        materialized = 'incremental',
        incremental_strategy = 'append',
        on_schema_change = 'fail',
        pre_hook = '{{ forget_rebuilt_months() }}',
    ) -}}
{%- endmacro %}

{#- Whether the run goes on from what the model holds; never in a unit test, which has no table of its own. -#}
{% macro goes_on() -%}
    {{- return(execute and this is not none and is_incremental()) -}}
{%- endmacro %}

{#- First month end that this run computes, as a date literal; 1900-01-01 when it computes all of them. -#}
{% macro first_rebuilt_month() -%}
    {%- if not goes_on() -%}
        {{- return("date '1900-01-01'") -}}
    {%- endif -%}
    {%- set newest = run_query('select max(as_of_month) from ' ~ this).columns[0].values()[0] -%}
    {%- if newest is none -%}
        {{- return("date '1900-01-01'") -}}
    {%- endif -%}
    {%- set candidates = [run_query("select last_day(" ~ months_later("date '" ~ newest ~ "'", 1 - var('look_back_months')) ~ ")").columns[0].values()[0] | string] -%}
    {%- set changed = run_query('select last_day(first_changed_on) from quality.build_state').columns[0].values()[0] -%}
    {%- if changed is not none -%}
        {%- do candidates.append(changed | string) -%}
    {%- endif -%}
    {{- return("date '" ~ candidates | min ~ "'") -}}
{%- endmacro %}

{#- The month before the first rebuilt one: what a model looks back to for values of the month before. -#}
{% macro month_before_rebuilt() -%}
    {{- return('last_day(' ~ months_later(first_rebuilt_month(), -1) ~ ')') -}}
{%- endmacro %}

{#- Takes the months that are about to be computed again out of the table. -#}
{% macro forget_rebuilt_months() -%}
    {%- if goes_on() -%}
        delete from {{ this }} where as_of_month >= {{ first_rebuilt_month() }}
    {%- endif -%}
{%- endmacro %}

{#- First and last month end of the warehouse as it stands, as text; none before the first build and in a full refresh. -#}
{% macro stored_months() -%}
    {%- if not execute or flags.FULL_REFRESH -%}{{- return(none) -}}{%- endif -%}
    {%- if not has_table('intermediate', 'int_month') -%}{{- return(none) -}}{%- endif -%}
    {%- set row = run_query('select min(as_of_month), max(as_of_month) from intermediate.int_month').rows[0] -%}
    {{- return(none if row[0] is none else {'first': row[0] | string, 'last': row[1] | string}) -}}
{%- endmacro %}

{#- Months are added, never taken away: another start of the history or an earlier reporting date would leave months that
    no longer fit. -#}
{% macro check_same_months() -%}
    {%- set stored = stored_months() -%}
    {%- set start, stop = setting('LENDING_HISTORY_START', ''), setting('LENDING_AS_OF_DATE', '') -%}
    {%- set home = env_var('LENDING_HOME', 'warehouse') -%}
    {%- if stored is not none and start != '' and start[:7] != stored['first'][:7] -%}
        {{- exceptions.raise_compiler_error(
            "The warehouse in " ~ home ~ " begins in " ~ stored['first'][:7] ~ ", LENDING_HISTORY_START is " ~ start
            ~ "; run with --full-refresh to rebuild the history, or set another LENDING_HOME."
        ) -}}
    {%- endif -%}
    {%- if stored is not none and stop != '' and stop < stored['last'] -%}
        {{- exceptions.raise_compiler_error(
            "The warehouse in " ~ home ~ " holds months to " ~ stored['last'] ~ ", LENDING_AS_OF_DATE is " ~ stop
            ~ "; run with --full-refresh to go back, or set another LENDING_HOME."
        ) -}}
    {%- endif -%}
{%- endmacro %}
