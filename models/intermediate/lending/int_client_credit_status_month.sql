-- Whether a client is knocked out in a month: an open credit event, or so much of its debt non-performing that all of it
-- counts as such (domain.md section 1e). Only what was known by the month end; every client and month of the grid.
{{ monthly_model() }}
with event as (

    select
        identity.client_key,
        events.event_no,
        events.event_type,
        events.occurred_on,
        coalesce(events.known_on, events.occurred_on) as known_on
    from {{ ref('stg_credit_events') }} as events
    inner join {{ ref('int_client_identity') }} as identity
        on events.source_system = identity.source_system
        and events.client_no = identity.client_no
    union all
    -- a write-off is an event that no source delivers as one
    select client_key, loan_no, 'WRITTEN_OFF', written_off_on, written_off_on
    from {{ ref('int_loan') }}
    where written_off_on is not null

),

known as (

    select
        event.*,
        months.as_of_month,
        rules.effect,
        rules.event_rank,
        coalesce(rules.is_curable, false) as is_curable
    from event
    inner join {{ ref('int_month') }} as months
        on event.known_on <= months.as_of_month
        and months.as_of_month >= {{ first_rebuilt_month() }}
    inner join {{ ref('rule_credit_event') }} as rules
        on event.event_type = rules.event_type
        and months.as_of_month >= rules.valid_from
        and months.as_of_month < rules.valid_to

),

-- a cure ends what occurred on its day or before; what comes later needs one of its own
cured as (

    select
        client_key,
        as_of_month,
        max(occurred_on) as cured_through
    from known
    where effect = 'CURES'
    group by client_key, as_of_month

),

open_event as (

    select
        known.client_key,
        known.as_of_month,
        known.event_type,
        known.occurred_on,
        row_number() over (
            partition by known.client_key, known.as_of_month
            order by known.event_rank asc, known.occurred_on desc, known.event_no asc
        ) as choice
    from known
    left join cured
        on known.client_key = cured.client_key
        and known.as_of_month = cured.as_of_month
    where known.effect = 'RESTRICTS'
        and not (known.is_curable and coalesce(known.occurred_on <= cured.cured_through, false))

),

worst_event as (

    select *
    from open_event
    where choice = 1

),

measured as (

    select
        grid.client_key,
        grid.as_of_month,
        cast(exposure.exposure_amount as decimal(18,2)) as exposure_amount,
        cast(exposure.non_performing_amount as decimal(18,2)) as non_performing_amount,
        {{ ratio('exposure.non_performing_amount', 'exposure.exposure_amount') }} as non_performing_share,
        limits.contagion_share,
        worst_event.event_type,
        worst_event.occurred_on as event_on
    from {{ ref('int_client_month') }} as grid
    left join {{ ref('int_client_exposure_month') }} as exposure
        on grid.client_key = exposure.client_key
        and grid.as_of_month = exposure.as_of_month
    left join worst_event
        on grid.client_key = worst_event.client_key
        and grid.as_of_month = worst_event.as_of_month
    left join {{ rule_values(ref('rule_credit_parameter'), 'parameter_id', {'contagion_share': ['CONTAGION_SHARE', 'parameter_value']}) }} as limits
        on grid.as_of_month = limits.as_of_month
    where grid.as_of_month >= {{ first_rebuilt_month() }}

),

judged as (

    select
        *,
        -- strictly more than the limit; without debt there is nothing that could be non-performing
        coalesce(non_performing_share > contagion_share, false) as is_non_performing
    from measured

)

select
    client_key,
    as_of_month,
    exposure_amount,
    non_performing_amount,
    non_performing_share,
    is_non_performing,
    event_type,
    event_on,
    event_type is not null or is_non_performing as is_knocked_out,
    case when event_type is not null then event_type when is_non_performing then 'NON_PERFORMING' end as knock_out_reason
from judged
