-- Vintages: of the loans of a quarter, how many had ever been late, or their client in default, by each month on book
-- (domain.md section 1f). Loans count in the segment that their client held before the disbursement. What cannot be known
-- yet is NULL, not zero: a month on book is filled when the last loan of the quarter can have reached it.
with reporting as (

    select first_month, last_month from {{ ref('stg_reporting_window') }}

),

-- the length of the curve by the rule of the reporting month
horizon as (

    select cast(limits.vintage_months as integer) as vintage_months, cast(limits.minimum_cell as integer) as minimum_cell
    from {{ rule_values(ref('rule_risk_parameter'), 'parameter_id', {
        'vintage_months': ['VINTAGE_MONTHS', 'parameter_value'],
        'minimum_cell': ['MINIMUM_CELL', 'parameter_value'],
    }) }} as limits
    inner join reporting
        on limits.as_of_month = reporting.last_month

),

-- loans that the history has seen from their first month on
loan as (

    select
        loans.loan_key,
        loans.client_key,
        loans.disbursed_on,
        loans.written_off_on,
        loans.ended_on,
        loans.principal_amount,
        renewals.loan_key is not null as is_renewal,
        last_day({{ months_later('loans.disbursed_on', -1) }}) as month_before,
        last_day({{ months_later("cast(date_trunc('quarter', loans.disbursed_on) as date)", 2) }}) as origination_quarter
    from {{ ref('int_loan') }} as loans
    inner join reporting
        on last_day(loans.disbursed_on) >= reporting.first_month
        and loans.disbursed_on <= reporting.last_month
    left join {{ ref('int_loan_renewal') }} as renewals
        on loans.loan_key = renewals.loan_key

),

late as (

    select
        loan_key,
        -- a write-off is beyond any number of days
        min(case when days_past_due > 30 or loan_state = 'WRITTEN_OFF' then months_on_book end) as late_30_at,
        min(case when days_past_due > 90 or loan_state = 'WRITTEN_OFF' then months_on_book end) as late_90_at
    from {{ ref('fct_loan_month') }}
    where days_past_due > 30 or loan_state = 'WRITTEN_OFF'
    group by loan_key

),

-- a default of the client strictly after the disbursement and while the loan runs
default_after as (

    select
        loan.loan_key,
        min(episodes.defaulted_on) as defaulted_on
    from loan
    inner join {{ ref('int_client_default') }} as episodes
        on loan.client_key = episodes.client_key
        and loan.disbursed_on < episodes.defaulted_on
        and loan.ended_on >= episodes.defaulted_on
    group by loan.loan_key

),

held as (

    select
        loan.loan_key,
        {% for axis in segment_axes() | map('lower') -%}
        {% set segment = 'segments.' ~ axis ~ '_segment' -%}
        coalesce(
            {{ last_known(segment, 'segments.as_of_month') }} filter (where segments.as_of_month <= loan.month_before),
            {{ first_known(segment, 'segments.as_of_month') }}
        ) as {{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from loan
    inner join {{ ref('fct_client_segment_month') }} as segments
        on loan.client_key = segments.client_key
    group by loan.loan_key

),

-- a loan written off while its client already was in default has defaulted as well
first_default as (

    select
        loan.loan_key,
        least(default_after.defaulted_on, loan.written_off_on) as defaulted_on
    from loan
    left join default_after
        on loan.loan_key = default_after.loan_key

),

followed as (

    select
        loan.*,
        late.late_30_at,
        late.late_90_at,
        {{ month_number('first_default.defaulted_on') }} - {{ month_number('loan.disbursed_on') }} as defaulted_at,
        {% for axis in segment_axes() | map('lower') -%}
        coalesce(held.{{ axis }}_segment, 'UNKNOWN') as {{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from loan
    left join late
        on loan.loan_key = late.loan_key
    left join held
        on loan.loan_key = held.loan_key
    left join first_default
        on loan.loan_key = first_default.loan_key

),

originated as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        {{ axis | lower }}_segment as segment_code,
        origination_quarter,
        count(*) filter (where not is_renewal) as loans,
        count(*) filter (where is_renewal) as loans_renewed,
        coalesce(sum(principal_amount) filter (where not is_renewal), 0) as principal_amount
    from followed
    group by {{ axis | lower }}_segment, origination_quarter
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- each loan once per event, at the month on book of the event
event as (

    {% for event, at in [('ever_30', 'late_30_at'), ('ever_90', 'late_90_at'), ('defaulted', 'defaulted_at')] -%}
    select
        '{{ event }}' as event,
        {{ at }} as months_on_book,
        origination_quarter,
        principal_amount,
        {% for axis in segment_axes() | map('lower') -%}
        {{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from followed
    where {{ at }} is not null
        and not is_renewal
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

happened as (

    {% for axis in segment_axes() -%}
    select
        '{{ axis }}' as axis,
        {{ axis | lower }}_segment as segment_code,
        origination_quarter,
        months_on_book,
        {% for event in ['ever_30', 'ever_90', 'defaulted'] -%}
        count(*) filter (where event = '{{ event }}') as {{ event }}_loans,
        coalesce(sum(principal_amount) filter (where event = '{{ event }}'), 0) as {{ event }}_amount{{ ',' if not loop.last }}
        {% endfor %}
    from event
    group by {{ axis | lower }}_segment, origination_quarter, months_on_book
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

curve as (

    select
        originated.*,
        steps.step as months_on_book,
        originated.loans < horizon.minimum_cell as is_suppressed,
        last_day({{ months_later('originated.origination_quarter', 'steps.step') }}) <= reporting.last_month as is_observable,
        {% for event in ['ever_30', 'ever_90', 'defaulted'] -%}
        sum(happened.{{ event }}_loans) over so_far as {{ event }}_loans,
        sum(happened.{{ event }}_amount) over so_far as {{ event }}_amount{{ ',' if not loop.last }}
        {% endfor %}
    from originated
    cross join reporting
    cross join horizon
    inner join {{ number_series(0, 120) }} as steps
        on horizon.vintage_months >= steps.step
    left join happened
        on originated.axis = happened.axis
        and originated.segment_code = happened.segment_code
        and originated.origination_quarter = happened.origination_quarter
        and steps.step = happened.months_on_book
    window so_far as (
        partition by originated.axis, originated.segment_code, originated.origination_quarter
        order by steps.step rows between unbounded preceding and current row
    )

)

select
    axis,
    segment_code,
    origination_quarter,
    cast(months_on_book as integer) as months_on_book,
    is_observable,
    is_suppressed,
    cast(loans as bigint) as loans,
    cast(loans_renewed as bigint) as loans_renewed,
    cast(principal_amount as decimal(28,2)) as principal_amount,
    {% for event in ['ever_30', 'ever_90', 'defaulted'] -%}
    case when is_observable then cast(coalesce({{ event }}_loans, 0) as bigint) end as {{ event }}_loans,
    case when is_observable then cast(coalesce({{ event }}_amount, 0) as decimal(28,2)) end as {{ event }}_amount,
    case when is_observable and not is_suppressed then {{ ratio('coalesce(' ~ event ~ '_loans, 0)', 'loans') }} end as {{ event }}_rate{{ ',' if not loop.last }}
    {% endfor %}
from curve
