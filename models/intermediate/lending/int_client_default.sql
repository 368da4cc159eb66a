-- The defaults of every client as episodes (domain.md section 1e). A signal is open from the day it is known: an event of
-- default until a cure of it is known, debt that is non-performing by contagion until so many month ends in a row are
-- without it. Signals that touch or overlap are one episode. In default at a month end: defaulted_on lies on it or
-- before, ended_on does not.
with reporting as (

    select last_month from {{ ref('stg_reporting_window') }}

),

event as (

    select
        identity.client_key,
        events.event_type,
        events.event_no,
        events.occurred_on,
        coalesce(events.known_on, events.occurred_on) as known_on
    from {{ ref('stg_credit_events') }} as events
    inner join {{ ref('int_client_identity') }} as identity
        on events.source_system = identity.source_system
        and events.client_no = identity.client_no
    union all
    -- a write-off is an event that no source delivers as one
    select client_key, 'WRITTEN_OFF', loan_no, written_off_on, written_off_on
    from {{ ref('int_loan') }}
    where written_off_on is not null

),

-- events and cures by the rules of the day on which they became known
known as (

    select
        event.*,
        rules.effect,
        rules.event_rank,
        coalesce(rules.is_curable, false) as is_curable,
        defaults.event_type is not null as is_default
    from event
    inner join reporting
        on event.known_on <= reporting.last_month
    inner join {{ ref('rule_credit_event') }} as rules
        on event.event_type = rules.event_type
        and event.known_on >= rules.valid_from
        and event.known_on < rules.valid_to
    left join {{ ref('rule_default_event') }} as defaults
        on event.event_type = defaults.event_type
        and event.known_on >= defaults.valid_from
        and event.known_on < defaults.valid_to

),

-- a cure ends what occurred on its day or before; the first one known does
event_signal as (

    select
        known.client_key,
        known.event_type as signal,
        known.event_rank as signal_rank,
        known.known_on as opened_on,
        coalesce(min(cures.known_on), date '9999-12-31') as closed_on
    from known
    left join known as cures
        on known.client_key = cures.client_key
        and cures.effect = 'CURES'
        -- what no cure ends meets none
        and case when known.is_curable then known.occurred_on else date '9999-12-31' end <= cures.occurred_on
    where known.is_default
        and known.effect = 'RESTRICTS'
    group by known.client_key, known.event_no, known.event_type, known.event_rank, known.known_on

),

non_performing_month as (

    select
        exposure.client_key,
        exposure.as_of_month,
        cast(probation.probation_months as integer) as probation_months,
        lag(exposure.as_of_month) over (partition by exposure.client_key order by exposure.as_of_month) as month_before
    from {{ ref('int_client_exposure_month') }} as exposure
    inner join {{ rule_values(ref('rule_credit_parameter'), 'parameter_id', {'contagion_share': ['CONTAGION_SHARE', 'parameter_value']}) }} as limits
        on exposure.as_of_month = limits.as_of_month
    inner join {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {'probation_months': ['PROBATION_MONTHS', 'parameter_value']}) }} as probation
        on exposure.as_of_month = probation.as_of_month
    -- strictly more than the limit, as in int_client_credit_status_month
    where {{ ratio('exposure.non_performing_amount', 'exposure.exposure_amount') }} > limits.contagion_share

),

-- a client without debt at a month end has none that is non-performing: only the months with such debt count
non_performing_run as (

    select
        *,
        sum(case
            when {{ month_number('as_of_month') }} - {{ month_number('month_before') }} <= probation_months then 0
            else 1
        end) over (partition by client_key order by as_of_month rows between unbounded preceding and current row) as run_no
    from non_performing_month

),

signal as (

    -- a cure known before the event was leaves nothing open
    select *
    from event_signal
    where closed_on > opened_on

    union all

    select
        client_key,
        'NON_PERFORMING' as signal,
        -- named only when no event of the day is
        999999 as signal_rank,
        min(as_of_month) as opened_on,
        max(last_day({{ months_later('as_of_month', 'probation_months') }})) as closed_on
    from non_performing_run
    group by client_key, run_no

),

ordered as (

    select
        *,
        max(closed_on) over (
            partition by client_key order by opened_on, signal_rank, closed_on
            rows between unbounded preceding and 1 preceding
        ) as closed_before
    from signal

),

numbered as (

    select
        *,
        sum(case when opened_on <= closed_before then 0 else 1 end) over (
            partition by client_key order by opened_on, signal_rank, closed_on
            rows between unbounded preceding and current row
        ) as episode_no,
        row_number() over (partition by client_key order by opened_on, signal_rank, closed_on) as signal_no
    from ordered

),

episode as (

    select
        client_key,
        episode_no,
        min(opened_on) as defaulted_on,
        max(closed_on) as closed_on,
        {{ first_known('signal', 'signal_no') }} as first_signal,
        count(*) as signals
    from numbered
    group by client_key, episode_no

)

select
    episode.client_key,
    cast(episode.episode_no as integer) as episode_no,
    episode.defaulted_on,
    -- an end that nobody knows yet is none
    case when episode.closed_on <= reporting.last_month then episode.closed_on end as ended_on,
    episode.first_signal,
    cast(episode.signals as integer) as signals
from episode
cross join reporting
