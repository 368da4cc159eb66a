-- What it costs to win clients, and whether they pay it back: per channel, segment and month the cost and the leads of
-- campaigns, the applications of the month and what became of them, and the clients that were won.
-- The cost of a campaign month is borne in equal parts by the clients that the same campaign won over the same channel in
-- that month and the following ones (ATTRIBUTION_MONTHS); it stands in the month they were won. What won nobody, and the
-- part of who was won before the history, stays in its own month as UNATTRIBUTED. Cents that do not divide go one by one to
-- the clients won first.
with parameter as {{ rule_values(ref('rule_relationship_parameter'), 'parameter_id', {
    'attribution_months': ['ATTRIBUTION_MONTHS', 'parameter_value'],
    'margin_months': ['MARGIN_MONTHS', 'parameter_value'],
    'decision_window_days': ['DECISION_WINDOW_DAYS', 'parameter_value'],
}) }},

edge as (

    select
        min(as_of_month) as first_month,
        max(as_of_month) as last_month
    from parameter

),

-- costs before the history are read by the parameters of its first month; what was spent after the reporting month is not
-- known yet
spent as (

    select
        row_number() over (order by costs.month_end, costs.channel, costs.campaign) as cost_no,
        last_day(costs.month_end) as as_of_month,
        {{ month_number('costs.month_end') }} as month_number,
        costs.channel,
        costs.campaign,
        costs.cost as cost_amount,
        costs.leads,
        parameter.attribution_months
    from {{ ref('stg_marketing_costs') }} as costs
    cross join edge
    inner join parameter
        on greatest(last_day(costs.month_end), edge.first_month) = parameter.as_of_month

),

-- who may bear cost: everyone won so far, before the history as well, else the first clients of it would bear it for others
winner as (

    select
        acquisitions.client_key,
        acquisitions.acquired_on,
        {{ month_number('acquisitions.acquired_month') }} as month_number,
        acquisitions.acquired_month < edge.first_month as is_before_history,
        coalesce(acquisitions.channel, 'UNKNOWN') as channel,
        acquisitions.campaign
    from {{ ref('int_client_acquisition') }} as acquisitions
    cross join edge
    where acquisitions.acquired_month <= edge.last_month

),

won as (

    select
        acquisitions.client_key,
        acquisitions.acquired_on,
        acquisitions.acquired_month as segment_month,
        {{ month_number('acquisitions.acquired_month') }} as month_number,
        coalesce(acquisitions.channel, 'UNKNOWN') as channel,
        acquisitions.first_drawn_amount,
        parameter.margin_months
    from {{ ref('int_client_acquisition') }} as acquisitions
    inner join parameter
        on acquisitions.acquired_month = parameter.as_of_month

),

{{ segments_as_of('won') }},

borne as (

    select
        spent.cost_no,
        spent.as_of_month,
        spent.channel,
        spent.cost_amount,
        spent.leads,
        winner.client_key,
        winner.is_before_history,
        row_number() over (partition by spent.cost_no order by winner.acquired_on, winner.client_key) as share_no,
        count(*) over (partition by spent.cost_no) as shares
    from spent
    inner join winner
        on spent.channel = winner.channel
        and spent.campaign = winner.campaign
        and winner.month_number >= spent.month_number
        and winner.month_number < spent.month_number + spent.attribution_months

),

-- in cents and in leads: equal parts, what is left over one each to the first; unknown leads are not shared
shared as (

    select
        client_key,
        is_before_history,
        as_of_month,
        channel,
        cast((cents - mod(cents, shares)) / shares as bigint) + case when share_no <= mod(cents, shares) then 1 else 0 end as cents,
        cast((leads - mod(leads, shares)) / shares as bigint) + case when share_no <= mod(leads, shares) then 1 else 0 end as leads
    from (
        select
            borne.*,
            cast(borne.cost_amount * 100 as bigint) as cents
        from borne
    ) as cut

),

priced as (

    select
        client_key,
        is_before_history,
        as_of_month,
        channel,
        cast(cast(cents as decimal(28,2)) * cast(0.01 as decimal(3,2)) as decimal(28,2)) as cost_amount,
        leads
    from shared

),

borne_by_client as (

    select
        client_key,
        sum(cost_amount) as cost_amount,
        sum(leads) as leads,
        count(leads) as months_with_leads
    from priced
    where not is_before_history
    group by client_key

),

-- what won nobody, and the part of who was won before the history: their months are not shown
unattributed as (

    select
        as_of_month,
        channel,
        sum(cost_amount) as cost_amount,
        sum(leads) as leads
    from (
        select
            spent.as_of_month,
            spent.channel,
            spent.cost_amount,
            spent.leads
        from spent
        left join (select distinct cost_no from borne) as found
            on spent.cost_no = found.cost_no
        where found.cost_no is null

        union all

        select
            as_of_month,
            channel,
            cost_amount,
            leads
        from priced
        where is_before_history
    ) as staying
    group by as_of_month, channel

),

-- no cost is none only since the delivery has the first, and so for leads and applications; before that nobody knows
delivered_from as (

    select
        (select min(as_of_month) from spent) as first_cost_month,
        (select min(as_of_month) from spent where leads is not null) as first_lead_month,
        (select last_day(cast(min(submitted_at) as date)) from {{ ref('fct_application') }}) as first_application_month

),

-- what the first months after that of the win bring: interest less its funding and the expected loss
margin_by_client as (

    select
        won.client_key,
        sum(coalesce(earned.interest_amount - earned.funding_cost_amount - earned.expected_loss_amount, 0)) as margin_amount
    from won
    cross join edge
    left join {{ ref('int_client_value_month') }} as earned
        on won.client_key = earned.client_key
        and {{ month_number('earned.as_of_month') }} > won.month_number
        and {{ month_number('earned.as_of_month') }} <= won.month_number + won.margin_months
    -- these months must be over
    where won.month_number + won.margin_months <= {{ month_number('edge.last_month') }}
    group by won.client_key
    -- a loan without a rate or a line of unknown worth makes the margin unknown, not small
    having count(*) filter (
        where earned.earning_exposure_amount + earned.knocked_out_exposure_amount < earned.exposure_amount
            or earned.lines_of_unknown_worth > 0
    ) = 0

),

acquired as (

    select
        won_placed.*,
        borne_by_client.cost_amount,
        borne_by_client.leads,
        case when borne_by_client.months_with_leads > 0 then 1 else 0 end as campaign_drawdowns,
        margin_by_client.margin_amount,
        case when margin_by_client.client_key is not null then 1 else 0 end as margin_clients
    from won_placed
    left join borne_by_client
        on won_placed.client_key = borne_by_client.client_key
    left join margin_by_client
        on won_placed.client_key = margin_by_client.client_key

),

-- applications by month of submission, and what became of them so far
applied as (

    select
        applications.client_key,
        last_day(cast(applications.submitted_at as date)) as as_of_month,
        last_day({{ months_later('cast(applications.submitted_at as date)', -1) }}) as segment_month,
        coalesce(applications.channel, 'UNKNOWN') as channel,
        case when applications.decision = 'APPROVED' then 1 else 0 end as is_approved,
        case
            when coalesce(acquisitions.acquired_on >= cast(applications.submitted_at as date), true) then 1
            when acquisitions.application_no = applications.application_no then 1
            else 0
        end as is_new,
        case when acquisitions.application_no = applications.application_no then 1 else 0 end as is_acquiring
    from {{ ref('fct_application') }} as applications
    inner join {{ ref('int_month') }} as months
        on last_day(cast(applications.submitted_at as date)) = months.as_of_month
    left join {{ ref('int_client_acquisition') }} as acquisitions
        on applications.client_key = acquisitions.client_key

),

{{ segments_as_of('applied') }},

together as (

    {% for axis in segment_axes() -%}
    select
        channel,
        '{{ axis }}' as axis,
        {{ axis | lower }}_segment as segment_code,
        segment_month as as_of_month,
        cost_amount,
        leads,
        0 as applications,
        0 as approved,
        0 as new_client_applications,
        0 as new_client_approved,
        0 as acquiring_applications,
        1 as first_drawdowns,
        campaign_drawdowns,
        first_drawn_amount as first_drawdown_amount,
        margin_clients,
        margin_amount
    from acquired

    union all

    select
        channel,
        '{{ axis }}' as axis,
        {{ axis | lower }}_segment as segment_code,
        as_of_month,
        null as cost_amount,
        null as leads,
        1 as applications,
        is_approved as approved,
        is_new as new_client_applications,
        is_new * is_approved as new_client_approved,
        is_acquiring as acquiring_applications,
        0 as first_drawdowns,
        0 as campaign_drawdowns,
        null as first_drawdown_amount,
        0 as margin_clients,
        null as margin_amount
    from applied_placed

    union all

    select
        channel,
        '{{ axis }}' as axis,
        'UNATTRIBUTED' as segment_code,
        as_of_month,
        cost_amount,
        leads,
        0 as applications,
        0 as approved,
        0 as new_client_applications,
        0 as new_client_approved,
        0 as acquiring_applications,
        0 as first_drawdowns,
        0 as campaign_drawdowns,
        null as first_drawdown_amount,
        0 as margin_clients,
        null as margin_amount
    from unattributed
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

summed as (

    select
        channel,
        axis,
        segment_code,
        as_of_month,
        cast(coalesce(sum(cost_amount), 0) as decimal(28,2)) as borne_amount,
        {% for count in [
            'leads', 'applications', 'approved', 'new_client_applications', 'new_client_approved', 'acquiring_applications',
            'first_drawdowns', 'campaign_drawdowns', 'margin_clients',
        ] -%}
        cast(coalesce(sum({{ count }}), 0) as bigint) as {{ count }},
        {% endfor -%}
        cast(coalesce(sum(first_drawdown_amount), 0) as decimal(28,2)) as first_drawdown_amount,
        cast(round(sum(margin_amount), 2) as decimal(28,2)) as margin_amount
    from together
    group by channel, axis, segment_code, as_of_month

),

known as (

    select
        summed.channel,
        summed.axis,
        summed.segment_code,
        summed.as_of_month,
        limits.minimum_cell,
        parameter.attribution_months,
        parameter.margin_months,
        parameter.decision_window_days,
        edge.last_month,
        case when summed.as_of_month >= delivered_from.first_cost_month then summed.borne_amount end as cost_amount,
        {% for count in ['leads', 'campaign_drawdowns'] -%}
        case when summed.as_of_month >= delivered_from.first_lead_month then summed.{{ count }} end as {{ count }},
        {% endfor -%}
        {% for count in ['applications', 'approved', 'new_client_applications', 'new_client_approved', 'acquiring_applications'] -%}
        case when summed.as_of_month >= delivered_from.first_application_month then summed.{{ count }} end as {{ count }},
        {% endfor -%}
        summed.first_drawdowns,
        summed.first_drawdown_amount,
        summed.margin_clients,
        cast(summed.margin_clients * parameter.margin_months as bigint) as margin_client_months,
        summed.margin_amount
    from summed
    cross join edge
    cross join delivered_from
    inner join parameter
        on greatest(summed.as_of_month, edge.first_month) = parameter.as_of_month
    inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }} as limits
        on parameter.as_of_month = limits.as_of_month

),

measured as (

    select
        *,
        -- a later client can still bear a cost of the last months
        {{ month_number('as_of_month') }} + attribution_months - 1 <= {{ month_number('last_month') }} as is_mature,
        case
            when first_drawdowns > 0
                then {{ month_number('as_of_month') }} + greatest(margin_months, attribution_months - 1) <= {{ month_number('last_month') }}
        end as is_payback_mature,
        -- the window of the last day of the month is over
        case when applications > 0 then {{ days_later('as_of_month', 'cast(decision_window_days as integer)') }} <= last_month end as is_submission_mature,
        -- whether a campaign won who came by no known channel is not known: that is no cost of zero
        case
            when channel <> 'UNKNOWN'
                then cast(round(cast(cast(cost_amount as double) / nullif(first_drawdowns, 0) as decimal(28,10)), 2) as decimal(28,2))
        end as cac_amount,
        cast(round(cast(
            cast(margin_amount as double) / nullif(margin_client_months, 0) as decimal(28,10)
        ), 2) as decimal(28,2)) as monthly_margin_amount
    from known

)

select
    channel,
    axis,
    segment_code,
    as_of_month,
    cost_amount,
    leads,
    applications,
    approved,
    {{ when_enough('minimum_cell', 'applications', ratio('approved', 'applications')) }} as approval_conversion_rate,
    {{ when_enough('minimum_cell', 'applications', wilson_lower('approved', 'applications')) }} as approval_conversion_wilson_lower,
    {{ when_enough('minimum_cell', 'applications', wilson_upper('approved', 'applications')) }} as approval_conversion_wilson_upper,
    is_submission_mature,
    new_client_applications,
    new_client_approved,
    acquiring_applications,
    {{ when_enough('minimum_cell', 'new_client_applications', ratio('acquiring_applications', 'new_client_applications')) }} as drawdown_conversion_rate,
    {{ when_enough('minimum_cell', 'new_client_applications', wilson_lower('acquiring_applications', 'new_client_applications')) }} as drawdown_conversion_wilson_lower,
    {{ when_enough('minimum_cell', 'new_client_applications', wilson_upper('acquiring_applications', 'new_client_applications')) }} as drawdown_conversion_wilson_upper,
    first_drawdowns,
    first_drawdown_amount,
    campaign_drawdowns,
    {{ when_enough('minimum_cell', 'leads', ratio('campaign_drawdowns', 'leads')) }} as lead_conversion_rate,
    cac_amount,
    margin_clients,
    margin_client_months,
    margin_amount,
    monthly_margin_amount,
    case when is_payback_mature and monthly_margin_amount > 0 then {{ ratio('cac_amount', 'monthly_margin_amount') }} end as payback_months,
    is_payback_mature,
    coalesce(leads < minimum_cell, false)
    or coalesce(applications < minimum_cell, false)
    or coalesce(new_client_applications < minimum_cell, false) as is_suppressed,
    is_mature
from measured
