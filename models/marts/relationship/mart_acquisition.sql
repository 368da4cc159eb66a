-- What it costs to win clients, and whether they pay it back: per channel, segment and month the cost and the leads of
-- campaigns, the applications of the month and what became of them, and the clients that were won.
-- The cost of a campaign month is borne in equal parts by the clients that the same campaign won over the same channel in
-- that month and the following ones (ATTRIBUTION_MONTHS); it stands in the month they were won. What won nobody stays in
-- its own month as UNATTRIBUTED. Cents that do not divide go one by one to the clients won first.
with parameter as {{ rule_values(ref('rule_relationship_parameter'), 'parameter_id', {
    'attribution_months': ['ATTRIBUTION_MONTHS', 'parameter_value'],
    'margin_months': ['MARGIN_MONTHS', 'parameter_value'],
    'loss_given_default': ['LOSS_GIVEN_DEFAULT', 'parameter_value'],
}) }},

-- costs outside the grid (before the history, after the reporting month) stay in the reconciliation: they are read by the
-- parameters of the nearest month
edge as (

    select
        min(as_of_month) as first_month,
        max(as_of_month) as last_month
    from parameter

),

spent as (

    select
        row_number() over (order by costs.month_end, costs.channel, costs.campaign) as cost_no,
        last_day(costs.month_end) as as_of_month,
        {{ month_number('costs.month_end') }} as month_number,
        costs.channel,
        costs.campaign,
        costs.cost as cost_amount,
        coalesce(costs.leads, 0) as leads,
        parameter.attribution_months
    from {{ ref('stg_marketing_costs') }} as costs
    cross join edge
    inner join parameter
        on least(greatest(last_day(costs.month_end), edge.first_month), edge.last_month) = parameter.as_of_month

),

won as (

    select
        acquisitions.client_key,
        acquisitions.acquired_on,
        acquisitions.acquired_month as segment_month,
        {{ month_number('acquisitions.acquired_month') }} as month_number,
        acquisitions.application_no,
        coalesce(acquisitions.channel, 'UNKNOWN') as channel,
        acquisitions.campaign,
        acquisitions.first_drawn_amount,
        parameter.margin_months,
        parameter.loss_given_default
    from {{ ref('int_client_acquisition') }} as acquisitions
    inner join parameter
        on acquisitions.acquired_month = parameter.as_of_month

),

{{ segments_as_of('won') }},

borne as (

    select
        spent.cost_no,
        spent.cost_amount,
        spent.leads,
        won.client_key,
        row_number() over (partition by spent.cost_no order by won.acquired_on, won.client_key) as share_no,
        count(*) over (partition by spent.cost_no) as shares
    from spent
    inner join won
        on spent.channel = won.channel
        and spent.campaign = won.campaign
        and won.month_number >= spent.month_number
        and won.month_number < spent.month_number + spent.attribution_months

),

-- in cents and in leads: equal parts, what is left over one each to the first
shared as (

    select
        client_key,
        cast((cents - mod(cents, shares)) / shares as bigint) + case when share_no <= mod(cents, shares) then 1 else 0 end as cents,
        cast((leads - mod(leads, shares)) / shares as bigint) + case when share_no <= mod(leads, shares) then 1 else 0 end as leads
    from (
        select
            borne.*,
            cast(borne.cost_amount * 100 as bigint) as cents
        from borne
    ) as cut

),

borne_by_client as (

    select
        client_key,
        cast(cast(sum(cents) as decimal(28,2)) * cast(0.01 as decimal(3,2)) as decimal(28,2)) as cost_amount,
        sum(leads) as leads
    from shared
    group by client_key

),

unattributed as (

    select
        spent.as_of_month,
        spent.channel,
        sum(spent.cost_amount) as cost_amount,
        sum(spent.leads) as leads
    from spent
    left join (select distinct cost_no from borne) as found
        on spent.cost_no = found.cost_no
    where found.cost_no is null
    group by spent.as_of_month, spent.channel

),

-- interest and expected loss of a client's first months, month by month
earned as (

    select
        won.client_key,
        balances.as_of_month,
        sum(balances.outstanding_amount) as exposure_amount,
        sum(cast(cast(balances.outstanding_amount as double) * cast(loans.rate as double) / 12 as decimal(28,10))) as interest_amount,
        count(*) filter (where balances.outstanding_amount > 0 and loans.rate is null) as unpriced_loans
    from won
    inner join {{ ref('int_loan_month') }} as balances
        on won.client_key = balances.client_key
        and {{ month_number('balances.as_of_month') }} >= won.month_number
        and {{ month_number('balances.as_of_month') }} < won.month_number + won.margin_months
    inner join {{ ref('int_loan') }} as loans
        on balances.loan_key = loans.loan_key
    group by won.client_key, balances.as_of_month

),

margin_by_client as (

    select
        won.client_key,
        sum(
            coalesce(earned.interest_amount, 0)
            - coalesce(cast(
                cast(earned.exposure_amount as double) * cast(credit.evidence_pd as double) * cast(won.loss_given_default as double) / 12
                as decimal(28,10)
            ), 0)
        ) as margin_amount
    from won
    cross join edge
    left join earned
        on won.client_key = earned.client_key
    left join {{ ref('seg_credit') }} as credit
        on earned.client_key = credit.client_key
        and earned.as_of_month = credit.as_of_month
    -- the first months must be over
    where last_day({{ months_later('won.segment_month', 'won.margin_months - 1') }}) <= edge.last_month
    group by won.client_key
    -- a loan without a rate or an exposure without a PD makes the margin unknown, not small
    having sum(coalesce(earned.unpriced_loans, 0)) = 0
        and count(*) filter (where earned.exposure_amount > 0 and credit.evidence_pd is null) = 0

),

acquired as (

    select
        won_placed.*,
        borne_by_client.cost_amount,
        borne_by_client.leads,
        case when borne_by_client.client_key is not null then 1 else 0 end as campaign_drawdowns,
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
        cast(coalesce(sum(cost_amount), 0) as decimal(28,2)) as cost_amount,
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

measured as (

    select
        summed.*,
        limits.minimum_cell,
        parameter.margin_months,
        -- a later client can still bear a cost of the last months
        {{ month_number('summed.as_of_month') }} + parameter.attribution_months - 1 <= {{ month_number('edge.last_month') }} as is_mature,
        cast(round(cast(cast(summed.cost_amount as double) / nullif(summed.first_drawdowns, 0) as decimal(28,10)), 2) as decimal(28,2)) as cac_amount,
        cast(round(cast(
            cast(summed.margin_amount as double) / nullif(summed.margin_clients, 0) / cast(parameter.margin_months as double)
            as decimal(28,10)
        ), 2) as decimal(28,2)) as monthly_margin_amount
    from summed
    cross join edge
    inner join parameter
        on least(greatest(summed.as_of_month, edge.first_month), edge.last_month) = parameter.as_of_month
    inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'minimum_cell': ['MINIMUM_CELL', 'parameter_value']}) }} as limits
        on parameter.as_of_month = limits.as_of_month

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
    case when applications >= minimum_cell then {{ ratio('approved', 'applications') }} end as approval_conversion_rate,
    new_client_applications,
    new_client_approved,
    acquiring_applications,
    case when new_client_applications >= minimum_cell then {{ ratio('acquiring_applications', 'new_client_applications') }} end as drawdown_conversion_rate,
    first_drawdowns,
    first_drawdown_amount,
    campaign_drawdowns,
    case when leads >= minimum_cell then {{ ratio('campaign_drawdowns', 'leads') }} end as lead_conversion_rate,
    cac_amount,
    margin_clients,
    margin_amount,
    monthly_margin_amount,
    case when monthly_margin_amount > 0 then {{ ratio('cac_amount', 'monthly_margin_amount') }} end as payback_months,
    least(leads, applications, new_client_applications) < minimum_cell as is_suppressed,
    is_mature
from measured
