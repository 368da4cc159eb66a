-- How steady each axis is from one month end to the next: who stayed, moved up or down in risk, came straight back, what
-- the model held back, what persons overrode, and how far the mix drifted (domain.md sections 1f and 3e).
with segment_rule as (

    select
        months.as_of_month,
        rules.axis,
        rules.segment_code,
        rules.risk_rank,
        rules.is_askable
    from {{ ref('int_month') }} as months
    inner join {{ ref('rule_segment') }} as rules
        on months.as_of_month >= rules.valid_from
        and months.as_of_month < rules.valid_to

),

limits as (

    select
        months.as_of_month,
        rules.flip_flop_days,
        rules.psi_empty_share,
        rules.psi_look,
        rules.psi_act
    from {{ ref('int_month') }} as months
    inner join {{ ref('rule_stability_limit') }} as rules
        on months.as_of_month >= rules.valid_from
        and months.as_of_month < rules.valid_to

),

moved as (

    select
        migration.axis,
        migration.as_of_month,
        sum(case when migration.from_segment <> 'ENTRY' and migration.to_segment <> 'EXIT' then migration.clients else 0 end) as clients_in_both,
        sum(case when migration.from_segment = migration.to_segment then migration.clients else 0 end) as stayed,
        sum(case when newer.risk_rank < older.risk_rank then migration.clients else 0 end) as upgrades,
        sum(case when newer.risk_rank > older.risk_rank then migration.clients else 0 end) as downgrades,
        sum(case when migration.from_segment <> migration.to_segment and newer.risk_rank = older.risk_rank then migration.clients else 0 end) as lateral_moves,
        sum(case when migration.from_segment = 'ENTRY' then migration.clients else 0 end) as entries,
        sum(case when migration.to_segment = 'EXIT' then migration.clients else 0 end) as exits
    from {{ ref('mart_segment_migration') }} as migration
    left join segment_rule as older
        on migration.axis = older.axis
        and migration.as_of_month = older.as_of_month
        and migration.from_segment = older.segment_code
    left join segment_rule as newer
        on migration.axis = newer.axis
        and migration.as_of_month = newer.as_of_month
        and migration.to_segment = newer.segment_code
    group by migration.axis, migration.as_of_month

),

-- A to B and back to A within the days that the seed allows for an honest return
change as (

    select
        axis,
        as_of_month,
        from_segment,
        to_segment,
        lag(from_segment) over by_client as from_before,
        lag(as_of_month) over by_client as changed_before
    from {{ ref('fct_client_segment_change') }}
    window by_client as (partition by client_key, axis order by as_of_month)

),

flip_flop as (

    select
        change.axis,
        change.as_of_month,
        count(*) as flip_flops
    from change
    inner join limits on change.as_of_month = limits.as_of_month
    where change.to_segment = change.from_before
        and change.to_segment <> 'EXIT'
        and change.from_segment <> 'ENTRY'
        and {{ days_between('change.changed_before', 'change.as_of_month') }} <= limits.flip_flop_days
    group by change.axis, change.as_of_month

),

held as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        as_of_month,
        final_segment as segment_code,
        count(*) as clients,
        count(*) filter (where model_segment <> candidate_segment) as held_back,
        count(*) filter (where override_no is not null) as overridden
    from {{ ref('seg_' ~ axis | lower) }}
    group by as_of_month, final_segment
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

counted as (

    select
        held.axis,
        held.as_of_month,
        sum(held.clients) as clients,
        sum(held.held_back) as held_back,
        sum(held.overridden) as overridden,
        sum(case when rules.is_askable then 0 else held.clients end) as clients_without_data
    from held
    left join segment_rule as rules
        on held.axis = rules.axis
        and held.as_of_month = rules.as_of_month
        and held.segment_code = rules.segment_code
    group by held.axis, held.as_of_month

),

-- every segment in every month, also an empty one, beside the month before
share as (

    select
        rules.axis,
        rules.as_of_month,
        rules.segment_code,
        {{ ratio('coalesce(held.clients, 0)', 'counted.clients') }} as share
    from segment_rule as rules
    inner join counted
        on rules.axis = counted.axis
        and rules.as_of_month = counted.as_of_month
    left join held
        on rules.axis = held.axis
        and rules.as_of_month = held.as_of_month
        and rules.segment_code = held.segment_code

),

drift as (

    select
        newer.axis,
        newer.as_of_month,
        sum({{ psi_term('newer.share', 'month_before.share', 'limits.psi_empty_share') }}) as psi_month,
        case when count(quarter_before.share) > 0
            then sum({{ psi_term('newer.share', 'quarter_before.share', 'limits.psi_empty_share') }})
        end as psi_quarter
    from share as newer
    inner join limits on newer.as_of_month = limits.as_of_month
    inner join share as month_before
        on newer.axis = month_before.axis
        and newer.segment_code = month_before.segment_code
        and last_day({{ months_later('newer.as_of_month', -1) }}) = month_before.as_of_month
    left join share as quarter_before
        on newer.axis = quarter_before.axis
        and newer.segment_code = quarter_before.segment_code
        and last_day({{ months_later('newer.as_of_month', -3) }}) = quarter_before.as_of_month
    group by newer.axis, newer.as_of_month

)

select
    counted.axis,
    counted.as_of_month,
    cast(counted.clients as bigint) as clients,
    cast(moved.clients_in_both as bigint) as clients_in_both,
    cast(moved.stayed as bigint) as stayed,
    {{ ratio('moved.stayed', 'moved.clients_in_both') }} as stay_rate,
    cast(moved.upgrades as bigint) as upgrades,
    cast(moved.downgrades as bigint) as downgrades,
    cast(moved.lateral_moves as bigint) as lateral_moves,
    cast(moved.entries as bigint) as entries,
    cast(moved.exits as bigint) as exits,
    cast(coalesce(flip_flop.flip_flops, 0) as bigint) as flip_flops,
    {{ ratio('coalesce(flip_flop.flip_flops, 0)', 'moved.clients_in_both') }} as flip_flop_rate,
    cast(counted.held_back as bigint) as held_back,
    cast(counted.overridden as bigint) as overridden,
    {{ ratio('counted.overridden', 'counted.clients') }} as override_rate,
    cast(counted.clients_without_data as bigint) as clients_without_data,
    {{ ratio('counted.clients_without_data', 'counted.clients') }} as without_data_share,
    cast(drift.psi_month as decimal(18,6)) as psi_month,
    cast(drift.psi_quarter as decimal(18,6)) as psi_quarter,
    case
        when drift.psi_quarter is null then 'NO_DATA'
        when drift.psi_quarter >= limits.psi_act then 'ACT'
        when drift.psi_quarter >= limits.psi_look then 'LOOK'
        else 'STABLE'
    end as drift_level
from counted
inner join limits on counted.as_of_month = limits.as_of_month
left join moved
    on counted.axis = moved.axis
    and counted.as_of_month = moved.as_of_month
left join flip_flop
    on counted.axis = flip_flop.axis
    and counted.as_of_month = flip_flop.as_of_month
left join drift
    on counted.axis = drift.axis
    and counted.as_of_month = drift.as_of_month
