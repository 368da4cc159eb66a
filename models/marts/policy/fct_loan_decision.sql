-- Every loan at the day on which it was decided: the application behind it, and the segments and the market regime that
-- were known then, which is those of the last month end before that day.
with loan as (

    select
        loans.loan_key,
        loans.loan_no,
        loans.client_key,
        loans.facility_no,
        coalesce(loans.application_no, facilities.application_no) as application_no,
        loans.disbursed_on
    from {{ ref('int_loan') }} as loans
    -- a replay for an earlier day must not show what came later
    inner join {{ ref('stg_reporting_window') }} as reporting
        on loans.disbursed_on <= reporting.last_month
    left join {{ ref('stg_facilities') }} as facilities
        on loans.facility_no = facilities.facility_no

),

decided as (

    select
        loan.*,
        cast(coalesce(applications.decided_at, loan.disbursed_on) as date) as decided_on,
        case when applications.decided_at is not null then 'APPLICATION' else 'DISBURSEMENT' end as decision_basis
    from loan
    left join {{ ref('stg_loan_applications') }} as applications
        on loan.application_no = applications.application_no

),

-- the last month end before the day
dated as (

    select
        *,
        last_day({{ months_later('decided_on', -1) }}) as segment_month
    from decided

),

placed as (

    select
        dated.*,
        versions.policy_from,
        segments.client_key is not null as has_segments,
        coalesce(regime.regime, market.regime, 'NEUTRAL') as regime,
        {% for axis in segment_axes() | map('lower') -%}
        segments.{{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from dated
    left join {{ policy_versions() }} as versions
        on dated.decided_on >= versions.policy_from
        and dated.decided_on < versions.policy_to
    left join {{ ref('fct_client_segment_month') }} as segments
        on dated.client_key = segments.client_key
        and dated.segment_month = segments.as_of_month
    left join {{ ref('seg_market_regime') }} as regime
        on segments.industry_segment = regime.sector
        and dated.segment_month = regime.as_of_month
    left join {{ ref('seg_market_regime') }} as market
        on market.sector = 'ALL'
        and dated.segment_month = market.as_of_month

)

select
    loan_key,
    loan_no,
    client_key,
    facility_no,
    application_no,
    disbursed_on,
    decided_on,
    decision_basis,
    segment_month,
    has_segments,
    regime,
    {% for axis in segment_axes() | map('lower') -%}
    coalesce({{ axis }}_segment, 'NOT_YET_CLIENT') as {{ axis }}_segment,
    {% endfor -%}
    policy_from,
    case when has_segments and policy_from is not null then {{ policy_case_key('placed') }} end as policy_case_key
from placed
