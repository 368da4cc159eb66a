-- What the warehouse was built from, so that a reader can label what is shown. Where the input lies is not told.
{%- set kind = 'DEMO' if input_is_demo() else 'TABLES' if input_setting().startswith('schema:') else 'FILES' %}
select
    cast('{{ kind }}' as varchar) as input_kind,
    {{ input_is_demo() | lower }} as is_synthetic_demo,
    cast('{{ lending_currency() }}' as varchar) as currency,
    as_of_date,
    first_month,
    last_month
from {{ ref('stg_reporting_window') }}
