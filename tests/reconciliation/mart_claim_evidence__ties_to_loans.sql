-- Claims about a product hold its balance by fct_loan_month, each client that took it for the first time once, and every
-- loan that could be followed for a year on one of the two sides.
with reporting as (

    select
        last_month,
        cast(date_trunc('month', first_month) as date) as first_day
    from {{ ref('stg_reporting_window') }}

),

expected as (

    select
        claims.metric_code,
        'SUBJECT' as arm,
        case when loans.as_of_month = reporting.last_month then 'AFTER' else 'BEFORE' end as period,
        cast(sum(loans.outstanding_amount) as decimal(28,6)) as numerator
    from {{ ref('fct_loan_month') }} as loans
    cross join reporting
    inner join {{ ref('mart_claims') }} as claims
        on loans.product_code = claims.product_code
        and claims.metric_code = 'LOAN_BALANCE'
    where loans.as_of_month in (reporting.last_month, last_day({{ months_later('reporting.last_month', -12) }}))
    group by claims.metric_code, case when loans.as_of_month = reporting.last_month then 'AFTER' else 'BEFORE' end

    union all

    select
        first_loans.metric_code,
        'SUBJECT' as arm,
        case when first_loans.first_on > last_day({{ months_later('reporting.last_month', -12) }}) then 'AFTER' else 'BEFORE' end as period,
        cast(count(*) as decimal(28,6)) as numerator
    from (
        select claims.metric_code, loans.client_key, min(loans.disbursed_on) as first_on
        from {{ ref('int_loan') }} as loans
        inner join {{ ref('mart_claims') }} as claims
            on loans.product_code = claims.product_code
            and claims.metric_code = 'NEW_BORROWERS'
        group by claims.metric_code, loans.client_key
    ) as first_loans
    cross join reporting
    where first_loans.first_on > last_day({{ months_later('reporting.last_month', -24) }})
        and first_loans.first_on >= reporting.first_day
        and first_loans.first_on <= reporting.last_month
    group by first_loans.metric_code, case when first_loans.first_on > last_day({{ months_later('reporting.last_month', -12) }}) then 'AFTER' else 'BEFORE' end

    union all

    select
        claims.metric_code,
        case when loans.product_code = claims.product_code then 'SUBJECT' else 'REFERENCE' end as arm,
        'ALL' as period,
        cast(count(*) filter (
            where loans.written_off_on <= {{ months_later('loans.disbursed_on', 12) }}
                or exists (
                    select 1
                    from {{ ref('int_client_default') }} as episodes
                    where episodes.client_key = loans.client_key
                        and episodes.defaulted_on > loans.disbursed_on
                        and episodes.defaulted_on <= least({{ months_later('loans.disbursed_on', 12) }}, loans.ended_on)
                )
        ) as decimal(28,6)) as numerator
    from {{ ref('int_loan') }} as loans
    cross join reporting
    inner join {{ ref('mart_claims') }} as claims
        on claims.metric_code = 'VINTAGE_DEFAULT_12M'
    where loans.renewed_from_loan_no is null
        and loans.product_code is not null
        and loans.disbursed_on >= reporting.first_day
        and {{ months_later('loans.disbursed_on', 12) }} <= reporting.last_month
    group by claims.metric_code, case when loans.product_code = claims.product_code then 'SUBJECT' else 'REFERENCE' end

),

found as (

    select claims.metric_code, evidence.arm, evidence.period, evidence.numerator
    from {{ ref('mart_claim_evidence') }} as evidence
    inner join {{ ref('mart_claims') }} as claims
        on evidence.claim_id = claims.claim_id
    where claims.metric_code in ('LOAN_BALANCE', 'NEW_BORROWERS', 'VINTAGE_DEFAULT_12M')
        -- a side on which nothing happened is no row of the other
        and evidence.numerator > 0

)

select expected.*, found.numerator as found_numerator
from (select * from expected where numerator > 0) as expected
full join found
    on expected.metric_code = found.metric_code
    and expected.arm = found.arm
    and expected.period = found.period
where expected.numerator is distinct from found.numerator
