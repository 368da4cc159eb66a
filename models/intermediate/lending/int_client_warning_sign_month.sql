-- The early signs of a default that a borrower shows at a month end, one by one (seed rule_early_warning_signal).
{{ monthly_model() }}
{% for feature in warning_features() -%}
select
    borrower.client_key,
    borrower.as_of_month,
    rules.signal_code,
    rules.weight
from {{ ref('int_client_warning_feature_month') }} as borrower
inner join {{ ref('rule_early_warning_signal') }} as rules
    on borrower.as_of_month >= rules.valid_from
    and borrower.as_of_month < rules.valid_to
where borrower.as_of_month >= {{ first_rebuilt_month() }}
    and rules.feature = '{{ feature }}'
    -- what is not known is no sign
    and borrower.feature_{{ feature }} is not null
    and case rules.operator
        when '>=' then borrower.feature_{{ feature }} >= rules.threshold
        when '>' then borrower.feature_{{ feature }} > rules.threshold
        when '<=' then borrower.feature_{{ feature }} <= rules.threshold
        when '<' then borrower.feature_{{ feature }} < rules.threshold
        when '=' then borrower.feature_{{ feature }} = rules.threshold
    end
{{ 'union all' if not loop.last }}
{% endfor %}
