-- The time frame of the build. as_of_date comes from the setting, else from the newest extracted_at of the input;
-- it is never the largest date of a fact (one 2099 typo would stretch the grid), and never the clock of the machine.
{%- set as_of_setting = setting('LENDING_AS_OF_DATE', '') %}
{%- set start_setting = setting('LENDING_HISTORY_START', '') %}
{%- set stored = stored_months() %}

with extraction as (

    {% for table, contract in input_contract().items() -%}
    select max({{ read_value('extracted_at', contract['columns']['extracted_at']) }}) as newest_extracted_at
    from {{ ref('inp_' ~ table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

newest as (

    select cast(max(newest_extracted_at) as date) as newest_extracted_on
    from extraction

),

dated as (

    select
        newest_extracted_on,
        {% if as_of_setting -%}
        date '{{ as_of_setting }}'
        {%- else -%}
        coalesce(newest_extracted_on, {{ stop_with("'The reporting date is not known: no row has a usable extracted_at; set LENDING_AS_OF_DATE=YYYY-MM-DD.'", 'date') }})
        {%- endif %} as as_of_date
    from newest

),

bounded as (

    select
        as_of_date,
        newest_extracted_on,
        -- the last month end that the reporting date has reached
        case
            when as_of_date = last_day(as_of_date) then as_of_date
            else cast(date_trunc('month', as_of_date) as date) - 1
        end as last_month
    from dated

),

started as (

    select
        *,
        {% if start_setting -%}
        last_day(date '{{ start_setting if start_setting | length > 7 else start_setting ~ '-01' }}')
        {%- elif stored is not none -%}
        -- a warehouse that exists grows: its history keeps its first month
        date '{{ stored['first'] }}'
        {%- else -%}
        last_day({{ months_later('last_month', '-' ~ (var('history_months') - 1)) }})
        {%- endif %} as first_month
    from bounded

)

select
    as_of_date,
    -- nothing that happened can lie after this day: rows beyond a chosen earlier as_of_date are not dirt
    greatest(as_of_date, newest_extracted_on) as horizon_on,
    case
        when first_month > last_month
            then {{ stop_with("'LENDING_HISTORY_START is after the reporting date ' || as_of_date || '; the history must start before it.'", 'date') }}
        else first_month
    end as first_month,
    last_month
from started
