{#- The columns name one row each: none of them NULL, no combination twice. Two checks for the price of one test
    (engine.md, "dbt: what costs what"). Failing rows: the combination, how often it stands, whether a part is NULL. -#}
{% test grain(model, columns) %}

select
    {{ columns | join(',\n    ') }},
    count(*) as rows_with_this_key,
    bool_or({% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}) as has_null
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
    or bool_or({% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %})

{% endtest %}
