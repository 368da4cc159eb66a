-- Where effort goes and what comes back, segment by segment and month by month. Effort and earnings stand in the segment
-- that a client held at the month end before; the cost of campaigns stands where mart_acquisition has it, in the segment of
-- the client won, and what won nobody under UNATTRIBUTED, so that no hour and no yuan is lost. Clients without a loan take
-- hours as well, and those with an open line alone bind capital. The return is risk-adjusted: revenue less cost and
-- expected loss, over economic capital. Effort of a kind that was not delivered yet is unknown, and so is the return.
{%- set values = [
    'exposure_amount', 'earning_exposure_amount', 'knocked_out_exposure_amount', 'undrawn_amount', 'converted_undrawn_amount',
    'exposure_at_default_amount', 'interest_amount', 'funding_cost_amount', 'servicing_cost_amount', 'expected_loss_amount',
    'capital_amount',
] %}
{%- set efforts = ['contacts', 'contacts_without_minutes', 'contact_minutes', 'monitoring_tasks'] %}
with parameter as {{ rule_values(ref('rule_resource_parameter'), 'parameter_id', {
    'hour_cost': ['HOUR_COST', 'parameter_value'],
    'hurdle_rate': ['HURDLE_RATE', 'parameter_value'],
}) }},

effort as (

    select
        *,
        last_day({{ months_later('as_of_month', -1) }}) as segment_month
    from {{ ref('int_client_effort_month') }}

),

{{ segments_as_of('effort') }},

opened as (

    select
        *,
        last_day({{ months_later('as_of_month', -1) }}) as segment_month
    from {{ ref('int_client_value_month') }}

),

{{ segments_as_of('opened') }},

earned as (

    select
        opened_placed.as_of_month,
        opened_placed.lines_of_unknown_worth,
        {% for measure in values -%}
        opened_placed.{{ measure }},
        {% endfor -%}
        {% for axis in segment_axes() | map('lower') -%}
        -- the placement has every client with a balance, also one whose loan is older than its registration; the condition
        -- stands here and not in the join, where it would make DuckDB compare every pair
        coalesce(
            case when opened_placed.exposure_amount > 0 then placement.flow_{{ axis }} end, opened_placed.{{ axis }}_segment
        ) as {{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from opened_placed
    left join {{ ref('int_client_placement_month') }} as placement
        on opened_placed.client_key = placement.client_key
        and opened_placed.as_of_month = placement.as_of_month

),

together as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        {{ axis | lower }}_segment as segment_code,
        as_of_month,
        {% for measure in efforts -%}
        {{ measure }},
        {% endfor -%}
        0 as marketing_cost_amount,
        0 as lines_of_unknown_worth,
        {% for measure in values -%}
        0 as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from effort_placed

    union all

    select
        '{{ axis }}' as axis,
        {{ axis | lower }}_segment as segment_code,
        as_of_month,
        {% for measure in efforts -%}
        0 as {{ measure }},
        {% endfor -%}
        0 as marketing_cost_amount,
        lines_of_unknown_worth,
        {% for measure in values -%}
        {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from earned

    union all

    {% endfor -%}
    select
        axis,
        segment_code,
        as_of_month,
        {% for measure in efforts -%}
        0 as {{ measure }},
        {% endfor -%}
        cost_amount as marketing_cost_amount,
        0 as lines_of_unknown_worth,
        {% for measure in values -%}
        0 as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('mart_acquisition') }}
    where cost_amount <> 0

),

summed as (

    select
        axis,
        segment_code,
        as_of_month,
        {% for measure in ['contacts', 'contacts_without_minutes', 'monitoring_tasks', 'lines_of_unknown_worth'] -%}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
        {% endfor -%}
        cast(sum(contact_minutes) as decimal(28,6)) as contact_minutes,
        cast(sum(marketing_cost_amount) as decimal(28,2)) as marketing_cost_amount,
        {% for measure in values -%}
        cast(coalesce(sum({{ measure }}), 0) as decimal(28,2)) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from together
    group by axis, segment_code, as_of_month

),

known as (

    select
        summed.* exclude (contacts, contacts_without_minutes, contact_minutes, monitoring_tasks, marketing_cost_amount),
        {% for measure in ['contacts', 'contacts_without_minutes', 'contact_minutes'] -%}
        case when delivery.first_contact_on <= summed.as_of_month then summed.{{ measure }} end as {{ measure }},
        {% endfor -%}
        case when delivery.first_task_on <= summed.as_of_month then summed.monitoring_tasks end as monitoring_tasks,
        case when delivery.first_cost_on <= summed.as_of_month then summed.marketing_cost_amount end as marketing_cost_amount
    from summed
    cross join {{ ref('int_effort_delivery') }} as delivery

),

costed as (

    select
        known.*,
        parameter.hurdle_rate,
        cast(round(cast(cast(known.contact_minutes as double) / 60 as decimal(28,10)), 2) as decimal(28,2)) as manager_hours,
        cast(round(cast(cast(known.contact_minutes as double) / 60 * cast(parameter.hour_cost as double) as decimal(28,10)), 2) as decimal(28,2)) as hours_cost_amount,
        cast(known.interest_amount - known.funding_cost_amount as decimal(28,2)) as revenue_amount,
        cast(known.interest_amount - known.funding_cost_amount - known.expected_loss_amount as decimal(28,2)) as risk_adjusted_revenue_amount
    from known
    -- a cost or contact outside the months of the history stays in its own reconciliation, not in a month without rules
    inner join parameter
        on known.as_of_month = parameter.as_of_month

),

measured as (

    select
        *,
        cast(hours_cost_amount + marketing_cost_amount + servicing_cost_amount as decimal(28,2)) as operating_cost_amount,
        cast(risk_adjusted_revenue_amount - hours_cost_amount - marketing_cost_amount - servicing_cost_amount as decimal(28,2)) as risk_adjusted_income_amount
    from costed

)

select
    axis,
    segment_code,
    as_of_month,
    contacts,
    contacts_without_minutes,
    monitoring_tasks,
    contact_minutes,
    manager_hours,
    {{ ratio('contact_minutes', 'sum(contact_minutes) over axis_month') }} as hours_share,
    exposure_amount,
    earning_exposure_amount,
    knocked_out_exposure_amount,
    undrawn_amount,
    lines_of_unknown_worth,
    converted_undrawn_amount,
    exposure_at_default_amount,
    interest_amount,
    funding_cost_amount,
    revenue_amount,
    {{ ratio('revenue_amount', 'sum(revenue_amount) over axis_month') }} as revenue_share,
    hours_cost_amount,
    marketing_cost_amount,
    servicing_cost_amount,
    operating_cost_amount,
    {{ ratio('operating_cost_amount', 'sum(operating_cost_amount) over axis_month') }} as operating_cost_share,
    expected_loss_amount,
    risk_adjusted_revenue_amount,
    risk_adjusted_income_amount,
    capital_amount,
    {{ ratio('capital_amount', 'sum(capital_amount) over axis_month') }} as capital_share,
    -- a year's return on the income of the month, before and after what effort was paid
    {{ ratio('12 * risk_adjusted_revenue_amount', 'capital_amount') }} as return_before_effort,
    {{ ratio('12 * risk_adjusted_income_amount', 'capital_amount') }} as risk_adjusted_return,
    hurdle_rate,
    {{ ratio('12 * risk_adjusted_income_amount', 'capital_amount') }} >= hurdle_rate as is_above_hurdle,
    cast(12 * risk_adjusted_income_amount - hurdle_rate * capital_amount as decimal(28,2)) as yearly_value_added_amount,
    {{ ratio(ratio('contact_minutes', 'sum(contact_minutes) over axis_month'), ratio('revenue_amount', 'sum(revenue_amount) over axis_month')) }} as effort_against_revenue
from measured
window axis_month as (partition by axis, as_of_month)
