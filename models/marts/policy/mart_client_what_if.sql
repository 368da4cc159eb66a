-- Every client of the last month under each rule set of a comparison: where it stands, what it may have at which price,
-- and the decisions of the last twelve months, which happened and are the same under any rules. An ordinary build holds
-- today's rules alone; `make what-if RULES=<folder>` adds the other ones in a warehouse of its own.
{%- set rule_sets = ['TODAY', 'OTHER'] if env_var('LENDING_WHAT_IF', '') != '' else ['TODAY'] %}
with reporting as (

    select max(as_of_month) as last_month from {{ ref('dim_month') }}

),

client as (

    {% for rule_set in rule_sets -%}
    select
        '{{ rule_set }}' as rule_set,
        client_key,
        as_of_month,
        {% for axis in segment_axes() | map('lower') -%}
        {{ axis }}_segment,
        {% endfor -%}
        exposure_amount,
        limit_amount,
        indicative_rate,
        is_new_credit_allowed
    from {{ made_by_todays_rules('mart_client_policy') if rule_set == 'TODAY' else ref('mart_client_policy') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

application as (

    {% for rule_set in rule_sets -%}
    select
        '{{ rule_set }}' as rule_set,
        -- rules of identity may give an application to another client
        client_key,
        decision,
        decided_at,
        requested_amount
    from {{ made_by_todays_rules('fct_application') if rule_set == 'TODAY' else ref('fct_application') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

decided as (

    select
        application.rule_set,
        application.client_key,
        count(*) as applications,
        count(*) filter (where application.decision = 'APPROVED') as approved_applications,
        sum(application.requested_amount) as requested_amount
    from application
    cross join reporting
    where application.decision in ('APPROVED', 'DECLINED')
        and cast(application.decided_at as date) <= reporting.last_month
        and cast(application.decided_at as date) > {{ months_later('reporting.last_month', -12) }}
    group by application.rule_set, application.client_key

)

select
    client.client_key,
    client.rule_set,
    client.as_of_month,
    {% for axis in segment_axes() | map('lower') -%}
    client.{{ axis }}_segment,
    {% endfor -%}
    client.exposure_amount,
    client.limit_amount,
    client.indicative_rate,
    client.is_new_credit_allowed,
    cast(coalesce(decided.applications, 0) as bigint) as applications_12m,
    cast(coalesce(decided.approved_applications, 0) as bigint) as approved_applications_12m,
    cast(coalesce(decided.requested_amount, 0) as decimal(28,2)) as requested_amount_12m
from client
left join decided
    on client.rule_set = decided.rule_set
    and client.client_key = decided.client_key
