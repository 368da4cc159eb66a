-- Why does a client stand in its segments, what held a change back, and what would have to change to move?
--   dbt show --quiet --limit 100 --select why_this_segment --vars '{client_key: 24504431749630814, as_of_month: 2026-06-30}'
-- Without vars: the client with the least key at the last month.
{%- set client_key = var('client_key', '(select min(client_key) from ' ~ ref('fct_client_segment_month') ~ ' where as_of_month = (select max(as_of_month) from ' ~ ref('dim_month') ~ '))') %}
{%- set as_of_month = "date '" ~ var('as_of_month') ~ "'" if var('as_of_month', none) else '(select max(as_of_month) from ' ~ ref('dim_month') ~ ')' %}
select *
from (
    {{ why_this_segment(client_key, as_of_month) }}
) as why
order by
    case axis
        {% for axis in segment_axes() -%}
        when '{{ axis }}' then {{ loop.index }}
        {% endfor -%}
    end,
    line_order, text
