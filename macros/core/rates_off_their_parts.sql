{#- Body of a data test: every rate is its numerator by its denominator, to the sixth decimal, and is NULL exactly where
    the denominator is zero or unknown or the rate is held back; one that is missing for no reason shows as well.
    `rates` are dictionaries of rate, numerator, denominator and, where a rate may be held back, hidden_when. -#}
{% macro rates_off_their_parts(relation, rates) -%}
{% for parts in rates -%}
select
    '{{ parts.rate }}' as rate_name,
    cast({{ parts.rate }} as double) as rate,
    cast({{ parts.numerator }} as double) as numerator,
    cast({{ parts.denominator }} as double) as denominator
from {{ relation }}
where ({{ parts.rate }} is null) <> (coalesce({{ parts.denominator }}, 0) = 0 or coalesce({{ parts.hidden_when | default('false') }}, true))
    or abs({{ parts.rate }} - cast({{ parts.numerator }} as double) / nullif({{ parts.denominator }}, 0)) > 0.000001
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}
