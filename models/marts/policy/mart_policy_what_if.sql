-- What another rule set would change, segment by segment: clients, limits, prices and the decisions to expect, beside
-- today's rules. An ordinary build holds today's rules alone; `make what-if RULES=<folder>` adds the other ones in a
-- warehouse of its own. Expected approvals are no forecast of demand: the applications of the last twelve months, by the
-- segment in which their client stands now, each approved as often as applications were in its segment of today's rules.
{%- set rule_sets = ['TODAY', 'OTHER'] if env_var('LENDING_WHAT_IF', '') != '' else ['TODAY'] %}
with limits as {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }},

reporting as (

    select
        months.last_month,
        limits.minimum_cell
    from (select max(as_of_month) as last_month from {{ ref('dim_month') }}) as months
    inner join limits
        on months.last_month = limits.as_of_month

),

today as (

    select * from {{ made_by_todays_rules('mart_client_policy') }}

),

other as (

    select * from {{ ref('mart_client_policy') }}

),

-- decisions of the last twelve months; they happened, so they are the same under any rules
decided as (

    select
        applications.client_key,
        count(*) as judged,
        count(*) filter (where applications.decision = 'APPROVED') as approved,
        sum(applications.requested_amount) as requested_amount
    from {{ made_by_todays_rules('fct_application') }} as applications
    cross join reporting
    where applications.decision in ('APPROVED', 'DECLINED')
        and cast(applications.decided_at as date) <= reporting.last_month
        and cast(applications.decided_at as date) > {{ months_later('reporting.last_month', -12) }}
    group by applications.client_key

),

-- how often a segment of today's rules was approved; small segments take the rate of all
rate_by_segment as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        today.{{ axis | lower }}_segment as segment_code,
        sum(decided.judged) as judged,
        sum(decided.approved) as approved
    from decided
    inner join today
        on decided.client_key = today.client_key
    group by today.{{ axis | lower }}_segment
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

rate_of_all as (

    select
        sum(decided.judged) as judged,
        sum(decided.approved) as approved
    from decided
    inner join today
        on decided.client_key = today.client_key

),

placed as (

    {% for rule_set in rule_sets -%}
    {% set outer_loop = loop -%}
    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        clients.{{ axis | lower }}_segment as segment_code,
        '{{ rule_set }}' as rule_set,
        clients.client_key,
        {% if rule_set == 'TODAY' -%}
        false as has_moved,
        {% else -%}
        clients.{{ axis | lower }}_segment is distinct from before.{{ axis | lower }}_segment as has_moved,
        {% endif -%}
        clients.exposure_amount,
        clients.limit_amount,
        clients.indicative_rate,
        clients.is_new_credit_allowed,
        decided.judged,
        decided.requested_amount
    from {{ rule_set | lower }} as clients
    {% if rule_set == 'OTHER' -%}
    left join today as before
        on clients.client_key = before.client_key
    {% endif -%}
    left join decided
        on clients.client_key = decided.client_key
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {% endfor -%}
    {% endfor %}
),

-- a segment that nobody holds under the other rules has lost its clients: it stays in the comparison
listed as (

    select axes.axis, axes.segment_code, sets.rule_set
    from (select distinct axis, segment_code from placed) as axes
    cross join (select distinct rule_set from placed) as sets

),

summed as (

    select
        listed.axis,
        listed.segment_code,
        listed.rule_set,
        cast(count(placed.client_key) as bigint) as clients,
        cast(count(*) filter (where placed.has_moved) as bigint) as moved_in,
        cast(coalesce(sum(placed.exposure_amount), 0) as decimal(28,2)) as exposure_amount,
        cast(count(placed.limit_amount) as bigint) as limited_clients,
        cast(coalesce(sum(placed.limit_amount), 0) as decimal(28,2)) as limit_amount,
        cast(coalesce(sum(
            case when placed.exposure_amount > placed.limit_amount then placed.exposure_amount - placed.limit_amount else 0 end
        ), 0) as decimal(28,2)) as exposure_above_limit_amount,
        cast(count(placed.indicative_rate) as bigint) as priced_clients,
        cast(coalesce(sum(placed.indicative_rate), 0) as decimal(18,6)) as indicative_rate_sum,
        cast(count(*) filter (where placed.is_new_credit_allowed) as bigint) as clients_with_new_credit,
        cast(coalesce(sum(placed.judged), 0) as bigint) as applications_12m,
        cast(coalesce(sum(placed.requested_amount), 0) as decimal(28,2)) as requested_amount_12m
    from listed
    left join placed
        on listed.axis = placed.axis
        and listed.segment_code = placed.segment_code
        and listed.rule_set = placed.rule_set
    group by listed.axis, listed.segment_code, listed.rule_set

),

expected as (

    select
        summed.*,
        case
            when rates.judged >= reporting.minimum_cell then {{ ratio('rates.approved', 'rates.judged') }}
            else {{ ratio('rate_of_all.approved', 'rate_of_all.judged') }}
        end as approval_rate_assumed,
        coalesce(rates.judged >= reporting.minimum_cell, false) as is_own_approval_rate
    from summed
    cross join reporting
    cross join rate_of_all
    left join rate_by_segment as rates
        on summed.axis = rates.axis
        and summed.segment_code = rates.segment_code

),

measured as (

    select
        *,
        {{ ratio('indicative_rate_sum', 'priced_clients') }} as indicative_rate,
        cast(round(cast(cast(applications_12m as double) * approval_rate_assumed as decimal(28,10)), 4) as decimal(18,4)) as expected_approvals,
        cast(round(cast(cast(requested_amount_12m as double) * approval_rate_assumed as decimal(28,10)), 2) as decimal(28,2)) as expected_approved_amount
    from expected

)

select
    measured.axis,
    measured.segment_code,
    measured.rule_set,
    measured.clients,
    measured.moved_in,
    cast(today.clients + measured.moved_in - measured.clients as bigint) as moved_out,
    measured.exposure_amount,
    measured.limited_clients,
    measured.limit_amount,
    measured.exposure_above_limit_amount,
    measured.priced_clients,
    measured.indicative_rate_sum,
    measured.indicative_rate,
    measured.clients_with_new_credit,
    measured.applications_12m,
    measured.requested_amount_12m,
    measured.approval_rate_assumed,
    measured.is_own_approval_rate,
    measured.expected_approvals,
    measured.expected_approved_amount,
    cast(measured.clients - today.clients as bigint) as clients_difference,
    cast(measured.exposure_amount - today.exposure_amount as decimal(28,2)) as exposure_difference_amount,
    cast(measured.limit_amount - today.limit_amount as decimal(28,2)) as limit_difference_amount,
    cast(measured.indicative_rate - today.indicative_rate as decimal(18,6)) as indicative_rate_difference,
    cast(measured.expected_approvals - today.expected_approvals as decimal(18,4)) as expected_approvals_difference,
    cast(measured.expected_approved_amount - today.expected_approved_amount as decimal(28,2)) as expected_approved_difference_amount
from measured
inner join measured as today
    on measured.axis = today.axis
    and measured.segment_code = today.segment_code
    and today.rule_set = 'TODAY'
