{#- Small differences between engines, each behind one name (engine.md, Portability). -#}

{#- Stops the query with a sentence. -#}
{% macro stop_with(message, type) -%}{{ return(adapter.dispatch('stop_with', 'lending')(message, type)) }}{%- endmacro %}
{% macro duckdb__stop_with(message, type) -%}
    {{- return('cast(error(' ~ message ~ ') as ' ~ type ~ ')') -}}
{%- endmacro %}

{#- The same day some months later (earlier when negative), the last day of a shorter month; a date. -#}
{% macro months_later(day, months) -%}{{ return(adapter.dispatch('months_later', 'lending')(day, months)) }}{%- endmacro %}
{% macro duckdb__months_later(day, months) -%}
    {{- return('cast(' ~ day ~ ' + to_months(cast(' ~ months ~ ' as integer)) as date)') -}}
{%- endmacro %}

{#- The day some days later; a date. -#}
{% macro days_later(day, days) -%}{{ return(adapter.dispatch('days_later', 'lending')(day, days)) }}{%- endmacro %}
{% macro duckdb__days_later(day, days) -%}
    {{- return('cast(' ~ day ~ ' + cast(' ~ days ~ ' as integer) as date)') -}}
{%- endmacro %}

{#- Number of a month on one line of time: differences of it are whole months. -#}
{% macro month_number(day) -%}
    {{- return('(year(' ~ day ~ ') * 12 + month(' ~ day ~ '))') -}}
{%- endmacro %}

{#- Days from one date to another. -#}
{% macro days_between(from_day, to_day) -%}{{ return(adapter.dispatch('days_between', 'lending')(from_day, to_day)) }}{%- endmacro %}
{% macro duckdb__days_between(from_day, to_day) -%}
    {{- return('(' ~ to_day ~ ' - ' ~ from_day ~ ')') -}}
{%- endmacro %}

{#- A surrogate key (bigint, 60 bits of a digest) of natural key columns; the same on every engine and in every run. -#}
{% macro key_of(columns) -%}{{ return(adapter.dispatch('key_of', 'lending')(columns)) }}{%- endmacro %}
{% macro duckdb__key_of(columns) -%}
    {%- set items = [] -%}
    {%- for column in columns -%}{%- do items.append("coalesce(cast(" ~ column ~ " as varchar), '~')") -%}{%- endfor -%}
    {{- return("cast('0x' || left(md5(" ~ items | join(" || chr(31) || ") ~ "), 15) as bigint)") -}}
{%- endmacro %}

{#- The value of the row with the least rank among the rows that have one. -#}
{% macro first_known(value, rank) -%}{{ return(adapter.dispatch('first_known', 'lending')(value, rank)) }}{%- endmacro %}
{% macro duckdb__first_known(value, rank) -%}
    {{- return('min_by(' ~ value ~ ', ' ~ rank ~ ') filter (where ' ~ value ~ ' is not null)') -}}
{%- endmacro %}

{#- A relation with one column, step: the whole numbers from one to another, both included. -#}
{% macro number_series(first, last) -%}{{ return(adapter.dispatch('number_series', 'lending')(first, last)) }}{%- endmacro %}
{% macro duckdb__number_series(first, last) -%}
    {{- return('(select unnest(generate_series(cast(' ~ first ~ ' as integer), cast(' ~ last ~ ' as integer))) as step)') -}}
{%- endmacro %}

{#- Joins each row to the nearest row of a relation: equal in `equal`, and the nearest by one comparison, such as
    'paid.value_on <= due.due_on' written from the left row's point of view ('left_column operator right_column').
    The compared column of the relation must be unique within the equal columns. -#}
{% macro asof_left_join(relation, alias, equal, comparison) -%}
    {{- return(adapter.dispatch('asof_left_join', 'lending')(relation, alias, equal, comparison)) -}}
{%- endmacro %}
{% macro duckdb__asof_left_join(relation, alias, equal, comparison) -%}
    {{- return('asof left join ' ~ relation ~ ' as ' ~ alias ~ ' on ' ~ equal | join(' and ') ~ ' and ' ~ comparison) -}}
{%- endmacro %}

{#- A list as rows, and its length. -#}
{% macro unnested(list) -%}{{ return(adapter.dispatch('unnested', 'lending')(list)) }}{%- endmacro %}
{% macro duckdb__unnested(list) -%}{{ return('unnest(' ~ list ~ ')') }}{%- endmacro %}

{% macro list_length(list) -%}{{ return(adapter.dispatch('list_length', 'lending')(list)) }}{%- endmacro %}
{% macro duckdb__list_length(list) -%}{{ return('len(' ~ list ~ ')') }}{%- endmacro %}

{#- The value of the row with the greatest rank. -#}
{% macro last_known(value, rank) -%}{{ return(adapter.dispatch('last_known', 'lending')(value, rank)) }}{%- endmacro %}
{% macro duckdb__last_known(value, rank) -%}{{ return('max_by(' ~ value ~ ', ' ~ rank ~ ')') }}{%- endmacro %}
