{#- The body of base_<table>: every delivered row of one contract table, typed, repaired where certain, and judged.

    parents     [{'table', 'columns' (of this table), 'parent_columns' (default: the same names), 'optional'}]
                A row whose parent is missing is rejected: Q_ORPHAN, or ORPHAN_OF_QUARANTINED when the parent was
                delivered and is itself not accepted. An optional reference becomes NULL with the same mark.
    checks      [{'code', 'column', 'when' (SQL over typed columns and reporting.*), 'effect': flag | empty | reject}]
                empty: the column becomes NULL, the row stays
    lookups     SQL of joins to the delivered row (alias delivered), for overrides
    overrides   {column: {'value': SQL, 'mark': SQL}} in place of the reading by kind; sees delivered.* and lookups
    looked_up   {column: SQL}: further columns of the result that come from the lookups; sees delivered.* and lookups
    extras      {column: SQL over typed columns}: further columns of the result
    may_be_empty   {required column: SQL}: the row is kept without a value where this holds
    duplicate_code   the mark of an exact copy

    Columns of the result: the contract's, the extras, x_ columns, and
      row_status      ACCEPTED | REJECTED | DUPLICATE | SUPERSEDED
      issues          sorted list of reason codes (seed ref_reason_code); empty list when there is none
      issue_columns   sorted list of "code column"
      delivered_row   the row as delivered (JSON text), for rows with issues
    Which of several rows with one key is kept is written at the head of contract/input_contract.yml. -#}
{% macro judged_rows(table, parents=[], checks=[], lookups='', overrides={}, looked_up={}, extras={}, may_be_empty={}, duplicate_code='D_EXACT') -%}
{%- set contract = input_contract()[table] -%}
{%- set columns = contract['columns'] -%}
{%- set key = contract['key'] -%}
{#- marks: [name of the mark's column, column of the table]; the SQL of each is in the CTEs below -#}
{%- set read_marks = [] -%}
{%- set later_marks = [] -%}
{%- set rejecting = [] -%}
{%- set emptying = {} -%}
{%- set content = [] -%}
{%- set amounts_and_dates = [] -%}
{%- for column, spec in columns.items() -%}
    {%- do read_marks.append(['read_' ~ column, column]) -%}
    {%- if spec['requirement'] != 'optional' -%}
        {%- do later_marks.append(['missing_' ~ column, column]) -%}
    {%- endif -%}
    {%- if spec['kind'] == 'event' -%}
        {%- do later_marks.append(['future_' ~ column, column]) -%}
        {%- if spec['requirement'] != 'optional' -%}
            {%- do rejecting.append('future_' ~ column) -%}
        {%- else -%}
            {%- do emptying.setdefault(column, []).append('future_' ~ column) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if column not in ('extracted_at', 'batch_id') -%}
        {%- do content.append(column) -%}
        {%- if spec['type'] in ('date', 'timestamp') or spec['kind'] == 'money' -%}{%- do amounts_and_dates.append(column) -%}{%- endif -%}
    {%- endif -%}
{%- endfor -%}
{%- for parent in parents -%}
    {%- set mark = 'parent_' ~ loop.index -%}
    {%- do read_marks.append([mark, parent['columns'][-1]]) -%}
    {%- if parent.get('optional') -%}
        {%- for column in parent['columns'] -%}{%- do emptying.setdefault(column, []).append(mark) -%}{%- endfor -%}
    {%- else -%}
        {%- do rejecting.append(mark) -%}
    {%- endif -%}
{%- endfor -%}
{%- for check in checks -%}
    {%- do later_marks.append(['check_' ~ loop.index, check['column']]) -%}
    {%- if check['effect'] == 'reject' -%}
        {%- do rejecting.append('check_' ~ loop.index) -%}
    {%- elif check['effect'] == 'empty' -%}
        {%- do emptying.setdefault(check['column'], []).append('check_' ~ loop.index) -%}
    {%- endif -%}
{%- endfor -%}
{%- set marks = read_marks + later_marks -%}
{%- set mark_names = marks | map('first') | join(', ') -%}

with delivered as (

    select * from {{ ref('inp_' ~ table) }}

),

-- every column in its type; what cannot be read for certain is NULL
typed as (

    select
        {% for column, spec in columns.items() -%}
        {{ 'cast(' ~ overrides[column]['value'] ~ ' as ' ~ contract_type(spec) ~ ')' if column in overrides else read_value('delivered.' ~ column, spec) }} as {{ column }},
        {% endfor -%}
        {% for column in overrides -%}
        {{ overrides[column]['mark'] }} as override_mark_{{ column }},
        {% endfor -%}
        {% for column, sql in looked_up.items() -%}
        {{ sql }} as {{ column }},
        {% endfor -%}
        {{ whole_row('delivered') }} as raw{{ other_columns('delivered', columns.keys()) }}
    from delivered
    {{ lookups }}

),

-- what reading a column took, and whether the rows it points at are there
examined as (

    select
        typed.*,
        {% for column, spec in columns.items() -%}
        {% if column in overrides %}typed.override_mark_{{ column }}{% else %}{{ read_mark('typed.raw.' ~ column, 'typed.' ~ column, spec) }}{% endif %} as read_{{ column }},
        {% endfor -%}
        {% for parent in parents -%}
        case
            when {% for column in parent['columns'] %}typed.{{ column }} is null or {% endfor %}parent_{{ loop.index }}.is_accepted then null
            when parent_{{ loop.index }}.is_accepted is null then 'Q_ORPHAN'
            else 'ORPHAN_OF_QUARANTINED'
        end as parent_{{ loop.index }},
        {% endfor -%}
        reporting.as_of_date as reporting_as_of_date,
        reporting.horizon_on as reporting_horizon_on
    from typed
    cross join {{ ref('stg_reporting_window') }} as reporting
    {%- for parent in parents %}
    {%- set alias = 'parent_' ~ loop.index %}
    {%- set parent_columns = parent.get('parent_columns', parent['columns']) %}
    left join (
        select
            {{ parent_columns | join(', ') }},
            bool_or(row_status = 'ACCEPTED') as is_accepted
        from {{ ref('base_' ~ parent['table']) }}
        group by all
    ) as {{ alias }}
        on {% for column in parent['columns'] %}typed.{{ column }} = {{ alias }}.{{ parent_columns[loop.index0] }}{{ ' and ' if not loop.last }}{% endfor %}
    {%- endfor %}

),

-- what the row says as a whole
checked as (

    select
        *
        {%- for column, spec in columns.items() if spec['requirement'] != 'optional' %},
        case when {{ column }} is null{{ ' and (' ~ may_be_empty[column] ~ ') is not true' if column in may_be_empty }} and coalesce(read_{{ column }}, '') not like 'Q~_%' escape '~' then '{{ 'Q_KEY' if column in key else 'Q_REQUIRED' }}' end as missing_{{ column }}
        {%- endfor %}
        {%- for column, spec in columns.items() if spec['kind'] == 'event' %},
        case when cast({{ column }} as date) > least(reporting_horizon_on, cast(extracted_at as date)) then 'Q_FUTURE' end as future_{{ column }}
        {%- endfor %}
        {%- for check in checks %},
        case when {{ check['when'] }} then '{{ check['code'] }}' end as check_{{ loop.index }}
        {%- endfor %}
    from examined

),

marked as (

    select
        {% for column in columns -%}
        {% if column in emptying %}case when coalesce({{ emptying[column] | join(', ') }}{{ ', null' if emptying[column] | length == 1 }}) is null then {{ column }} end as {{ column }}{% else %}{{ column }}{% endif %},
        {% endfor -%}
        {% for column in looked_up -%}
        {{ column }},
        {% endfor -%}
        {% for column, sql in extras.items() -%}
        {{ sql }} as {{ column }},
        {% endfor -%}
        (
            {%- for column, spec in columns.items() if spec['requirement'] != 'optional' %}
            {{ '(' ~ column ~ ' is null and (' ~ may_be_empty[column] ~ ') is not true)' if column in may_be_empty else column ~ ' is null' }} or
            {%- endfor %}
            {% for name in rejecting %}{{ name }} is not null or {% endfor %}false
        ) as is_rejected,
        case when coalesce({{ mark_names }}) is not null then {{ sorted_marks(marks) }} end as marks,
        case when coalesce({{ mark_names }}) is not null then {{ row_as_json('raw') }} end as delivered_row,
        {{ row_digest(content) }} as content_digest,
        {{ row_digest(amounts_and_dates) if amounts_and_dates else '0' }} as amount_digest
        {#- x_ columns: everything that is not one of the columns made here -#}
        {{ other_columns('checked', columns.keys() | list + looked_up.keys() | list + marks | map('first') | list + ['raw', 'reporting_as_of_date', 'reporting_horizon_on'] + prefixed('override_mark_', overrides.keys())) }}
    from checked

),

-- few keys come more than once; only their rows are put in order
repeated_key as (

    select {{ key | join(', ') }}
    from marked
    where not is_rejected
    group by {{ key | join(', ') }}
    having count(*) > 1

),

-- rows with one key: the latest extraction counts, in it equal rows count once, rows that differ conflict
ranked as (

    select
        marked.*,
        rank() over by_extraction as extraction_rank,
        min(marked.amount_digest) over by_extraction <> max(marked.amount_digest) over by_extraction as is_conflicting,
        min(marked.content_digest) over by_extraction <> max(marked.content_digest) over by_extraction as is_variant,
        row_number() over by_content as key_rank,
        first_value(marked.content_digest) over by_content as kept_digest
    from marked
    inner join repeated_key
        on {% for column in key %}marked.{{ column }} = repeated_key.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where not marked.is_rejected
    window
        by_extraction as (partition by {{ prefixed('marked.', key) | join(', ') }} order by marked.extracted_at desc nulls last),
        by_content as (
            partition by {{ prefixed('marked.', key) | join(', ') }}
            order by marked.extracted_at desc nulls last, marked.content_digest asc
        )

    union all

    -- "is it rejected" stays out of the join's condition: there it would turn a hash join into a nested loop
    select
        marked.*,
        1 as extraction_rank,
        false as is_conflicting,
        false as is_variant,
        1 as key_rank,
        marked.content_digest as kept_digest
    from marked
    left join repeated_key
        on {% for column in key %}marked.{{ column }} = repeated_key.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where marked.is_rejected or repeated_key.{{ key[0] }} is null

),

judged as (

    select
        *,
        case
            when is_rejected or (extraction_rank = 1 and is_conflicting) then 'REJECTED'
            when key_rank = 1 then 'ACCEPTED'
            when content_digest = kept_digest then 'DUPLICATE'
            else 'SUPERSEDED'
        end as row_status,
        case
            when is_rejected then null
            when extraction_rank = 1 and is_conflicting then 'Q_KEY_CONFLICT'
            when key_rank = 1 and extraction_rank = 1 and is_variant then 'S_KEY_VARIANT'
            when key_rank = 1 then null
            when content_digest = kept_digest then '{{ duplicate_code }}'
            else 'D_SUPERSEDED'
        end as key_mark
    from ranked

)

select
    {% for column in columns -%}
    {{ column }},
    {% endfor -%}
    {% for column in looked_up.keys() | list + extras.keys() | list -%}
    {{ column }},
    {% endfor -%}
    row_status,
    {{ reason_codes('marks', 'key_mark') }} as issues,
    {{ with_key_mark('marks', 'key_mark', key[-1]) }} as issue_columns,
    case
        when row_status = 'REJECTED' and delivered_row is null then {{ row_as_json(row_of(columns.keys())) }}
        else delivered_row
    end as delivered_row
    {{- other_columns('judged', columns.keys() | list + looked_up.keys() | list + extras.keys() | list + ['row_status', 'is_rejected', 'marks', 'delivered_row', 'content_digest', 'amount_digest', 'extraction_rank', 'is_conflicting', 'is_variant', 'key_rank', 'kept_digest', 'key_mark']) }}
from judged
{%- endmacro %}

{#- The body of stg_<table>: the accepted rows. -#}
{% macro accepted_rows(table, extras=[]) -%}
select
    {% for column in input_contract()[table]['columns'] -%}
    {{ column }},
    {% endfor -%}
    {% for column in extras -%}
    {{ column }},
    {% endfor -%}
    issues
    {{- other_columns('base', input_contract()[table]['columns'].keys() | list + extras + ['row_status', 'issues', 'issue_columns', 'delivered_row']) }}
from {{ ref('base_' ~ table) }} as base
where row_status = 'ACCEPTED'
{%- endmacro %}

{% macro prefixed(prefix, names) -%}
    {%- set result = [] -%}
    {%- for name in names -%}{%- do result.append(prefix ~ name) -%}{%- endfor -%}
    {{- return(result) -}}
{%- endmacro %}

{#- Engine differences ------------------------------------------------------------------------------------------ -#}

{#- ", and the columns of a relation that are not in a list": the x_ columns that a lender adds. -#}
{% macro other_columns(alias, known) -%}{{ return(adapter.dispatch('other_columns', 'lending')(alias, known)) }}{%- endmacro %}
{% macro duckdb__other_columns(alias, known) -%}
    {{- return(',\n    ' ~ alias ~ '.* exclude (' ~ known | unique | join(', ') ~ ')') -}}
{%- endmacro %}

{#- A row as one value, and that value as JSON text. -#}
{% macro whole_row(alias) -%}{{ return(adapter.dispatch('whole_row', 'lending')(alias)) }}{%- endmacro %}
{% macro duckdb__whole_row(alias) -%}{{ return(alias) }}{%- endmacro %}

{% macro row_of(columns) -%}{{ return(adapter.dispatch('row_of', 'lending')(columns)) }}{%- endmacro %}
{% macro duckdb__row_of(columns) -%}
    {%- set items = [] -%}
    {%- for column in columns -%}{%- do items.append(column ~ ' := ' ~ column) -%}{%- endfor -%}
    {{- return('struct_pack(' ~ items | join(', ') ~ ')') -}}
{%- endmacro %}

{% macro row_as_json(row) -%}{{ return(adapter.dispatch('row_as_json', 'lending')(row)) }}{%- endmacro %}
{% macro duckdb__row_as_json(row) -%}{{ return('cast(to_json(' ~ row ~ ') as varchar)') }}{%- endmacro %}

{#- A number that is equal for equal rows: only compared within one build, never stored or published. -#}
{% macro row_digest(columns) -%}{{ return(adapter.dispatch('row_digest', 'lending')(columns)) }}{%- endmacro %}
{% macro duckdb__row_digest(columns) -%}{{ return('hash(' ~ columns | join(', ') ~ ')') }}{%- endmacro %}

{#- marks as a sorted list of "code column", and what becomes of it when the key has a mark of its own -#}
{% macro sorted_marks(marks) -%}{{ return(adapter.dispatch('sorted_marks', 'lending')(marks)) }}{%- endmacro %}
{% macro duckdb__sorted_marks(marks) -%}
    {%- set items = [] -%}
    {%- for mark in marks -%}{%- do items.append(mark[0] ~ " || ' " ~ mark[1] ~ "'") -%}{%- endfor -%}
    {{- return('list_sort(list_distinct([' ~ items | join(', ') ~ ']))') -}}
{%- endmacro %}

{% macro reason_codes(marks, key_mark) -%}{{ return(adapter.dispatch('reason_codes', 'lending')(marks, key_mark)) }}{%- endmacro %}
{% macro duckdb__reason_codes(marks, key_mark) -%}
    {{- return("case when " ~ marks ~ " is null and " ~ key_mark ~ " is null then cast([] as varchar[]) else list_sort(list_distinct(list_append(list_transform(coalesce("
        ~ marks ~ ", []), lambda mark: split_part(mark, ' ', 1)), " ~ key_mark ~ "))) end") -}}
{%- endmacro %}

{% macro with_key_mark(marks, key_mark, column) -%}{{ return(adapter.dispatch('with_key_mark', 'lending')(marks, key_mark, column)) }}{%- endmacro %}
{% macro duckdb__with_key_mark(marks, key_mark, column) -%}
    {{- return("case when " ~ key_mark ~ " is null then coalesce(" ~ marks ~ ", cast([] as varchar[])) else list_sort(list_append(coalesce(" ~ marks ~ ", []), " ~ key_mark ~ " || ' " ~ column ~ "')) end") -}}
{%- endmacro %}
