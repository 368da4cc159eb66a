{#- No row of the model satisfies the condition; a condition that is NULL for a row counts as satisfied, so that a
    missing value cannot hide. Failing rows are the rows themselves. -#}
{% test no_rows_where(model, condition) %}

select *
from {{ model }}
where coalesce({{ condition }}, true)

{% endtest %}
