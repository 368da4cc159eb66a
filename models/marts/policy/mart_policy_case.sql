-- Every combination of policy version, market regime and segments that a client has now, that a loan was decided in, or
-- that shows what one segment does. Policy is resolved once for each (mart_policy_case_lever).
with versions as (

    select * from {{ policy_versions() }} as versions

),

reporting as (

    select * from {{ ref('stg_reporting_window') }}

),

client as (

    select
        versions.policy_from,
        coalesce(regime.regime, 'NEUTRAL') as regime,
        {% for axis in segment_axes() | map('lower') -%}
        segments.{{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_client_segment_month') }} as segments
    inner join reporting
        on segments.as_of_month = reporting.last_month
    inner join versions
        on reporting.last_month >= versions.policy_from
        and reporting.last_month < versions.policy_to
    left join {{ ref('seg_market_regime') }} as regime
        on segments.industry_segment = regime.sector
        and segments.as_of_month = regime.as_of_month

),

loan as (

    select
        policy_from,
        regime,
        {% for axis in segment_axes() | map('lower') -%}
        {{ axis }}_segment{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_loan_decision') }}
    where policy_case_key is not null

),

-- one segment alone: a tier as it is, a segment of another axis on the reference tier
alone as (

    select distinct
        versions.policy_from,
        regimes.regime,
        {% for axis in segment_axes() -%}
        {% if axis == 'CREDIT' -%}
        case when segments.axis = 'CREDIT' then segments.segment_code else tier.credit_segment end as credit_segment{{ ',' if not loop.last }}
        {%- else -%}
        case when segments.axis = '{{ axis }}' then segments.segment_code end as {{ axis | lower }}_segment{{ ',' if not loop.last }}
        {%- endif %}
        {% endfor %}
    from {{ ref('ref_segment') }} as segments
    cross join versions
    inner join {{ ref('rule_tier_policy') }} as tier
        on versions.policy_from >= tier.valid_from
        and versions.policy_from < tier.valid_to
    cross join (select distinct regime from {{ ref('seg_market_regime') }}) as regimes
    where tier.is_reference

),

every as (

    select * from client
    union
    select * from loan
    union
    select * from alone

)

select
    {{ policy_case_key('every') }} as policy_case_key,
    every.policy_from,
    versions.policy_to,
    every.regime,
    {% for axis in segment_axes() | map('lower') -%}
    every.{{ axis }}_segment{{ ',' if not loop.last }}
    {% endfor %}
from every
inner join versions
    on every.policy_from = versions.policy_from
