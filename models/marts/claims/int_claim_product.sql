-- Claims about a product: how its balance and its clients grow, who takes it, and how its loans default, against those of
-- all other products.
{{ config(schema = 'intermediate') }}
with windows as (

    select * from {{ ref('int_claim_window') }}

),

history as (

    select
        first_month,
        last_month,
        cast(date_trunc('month', first_month) as date) as first_day
    from {{ ref('stg_reporting_window') }}

),

-- whoever ever had the product stands in both periods, with nothing owed where nothing is owed
holder as (

    select
        claims.claim_id,
        claims.product_code,
        loans.client_key
    from {{ ref('int_loan') }} as loans
    inner join {{ ref('int_claim') }} as claims
        on loans.product_code = claims.product_code
        and claims.metric_code = 'LOAN_BALANCE'
    inner join history
        on loans.disbursed_on <= history.last_month
    group by claims.claim_id, claims.product_code, loans.client_key

),

month_end as (

    select 'AFTER' as period, recent_to as as_of_month from windows
    union all
    select 'BEFORE' as period, {{ days_later('recent_from', -1) }} as as_of_month from windows

),

balance as (

    select
        holder.claim_id,
        month_end.period,
        holder.client_key,
        month_end.as_of_month,
        coalesce(sum(loans.outstanding_amount), 0) as balance_amount
    from holder
    cross join month_end
    left join {{ ref('fct_loan_month') }} as loans
        on holder.client_key = loans.client_key
        and holder.product_code = loans.product_code
        and month_end.as_of_month = loans.as_of_month
    group by holder.claim_id, month_end.period, holder.client_key, month_end.as_of_month

),

first_taken as (

    select
        claims.claim_id,
        loans.client_key,
        last_day(min(loans.disbursed_on)) as taken_month
    from {{ ref('int_loan') }} as loans
    inner join {{ ref('int_claim') }} as claims
        on loans.product_code = claims.product_code
        and claims.metric_code = 'NEW_BORROWERS'
    group by claims.claim_id, loans.client_key

),

-- a month in which nobody came counts as well
taken_month as (

    select
        claims.claim_id,
        case when months.as_of_month >= windows.recent_from then 'AFTER' else 'BEFORE' end as period,
        months.as_of_month,
        count(first_taken.client_key) as clients
    from {{ ref('int_month') }} as months
    inner join windows
        on months.as_of_month >= windows.earlier_from
    inner join {{ ref('int_claim') }} as claims
        on claims.metric_code = 'NEW_BORROWERS'
    left join first_taken
        on claims.claim_id = first_taken.claim_id
        and months.as_of_month = first_taken.taken_month
    group by claims.claim_id, case when months.as_of_month >= windows.recent_from then 'AFTER' else 'BEFORE' end, months.as_of_month

),

drawn as (

    select
        claims.claim_id,
        case when applications.product_code = claims.product_code then 'SUBJECT' else 'REFERENCE' end as arm,
        applications.client_key,
        cast(applications.decided_at as date) as decided_on,
        case when quality.segment_code is not null then 1 else 0 end as numerator
    from {{ ref('fct_application') }} as applications
    inner join history
        on applications.decided_at >= history.first_day
        and cast(applications.decided_at as date) <= history.last_month
    inner join {{ ref('int_claim') }} as claims
        on claims.metric_code = 'QUALITY_SHARE'
    left join {{ ref('rule_claim_quality_segment') }} as quality
        on quality.axis = 'CREDIT'
        and applications.credit_segment = quality.segment_code
        and quality.valid_from <= history.last_month
        and quality.valid_to > history.last_month
    where applications.is_drawn
        and applications.product_code is not null
        -- nobody had a segment for it yet
        and applications.credit_segment <> 'NOT_YET_CLIENT'

),

followed as (

    select
        loans.loan_key,
        loans.client_key,
        loans.product_code,
        loans.disbursed_on,
        {{ months_later('loans.disbursed_on', 12) }} as followed_to,
        coalesce(loans.written_off_on <= {{ months_later('loans.disbursed_on', 12) }}, false) as is_written_off,
        loans.ended_on
    from {{ ref('int_loan') }} as loans
    inner join history
        on loans.disbursed_on >= history.first_day
        and {{ months_later('loans.disbursed_on', 12) }} <= history.last_month
    where loans.renewed_from_loan_no is null
        and loans.product_code is not null

),

-- a default of the client strictly after the disbursement and while the loan runs
defaulted as (

    select distinct followed.loan_key
    from followed
    inner join {{ ref('int_client_default') }} as episodes
        on followed.client_key = episodes.client_key
        and followed.disbursed_on < episodes.defaulted_on
        and followed.followed_to >= episodes.defaulted_on
        and followed.ended_on >= episodes.defaulted_on

),

claimed as (

    select
        claim_id,
        'SUBJECT' as arm,
        period,
        cast(client_key as varchar) as cluster_key,
        as_of_month as window_from,
        as_of_month as window_to,
        1 as observations,
        cast(balance_amount as decimal(28,6)) as numerator
    from balance

    union all

    select
        claim_id,
        'SUBJECT' as arm,
        period,
        cast(as_of_month as varchar) as cluster_key,
        cast(date_trunc('month', as_of_month) as date) as window_from,
        as_of_month as window_to,
        clients as observations,
        clients as numerator
    from taken_month

    union all

    select
        claim_id,
        arm,
        'ALL' as period,
        cast(client_key as varchar) as cluster_key,
        decided_on as window_from,
        decided_on as window_to,
        1 as observations,
        numerator
    from drawn

    union all

    select
        claims.claim_id,
        case when followed.product_code = claims.product_code then 'SUBJECT' else 'REFERENCE' end as arm,
        'ALL' as period,
        cast(followed.client_key as varchar) as cluster_key,
        followed.disbursed_on as window_from,
        followed.followed_to as window_to,
        1 as observations,
        case when followed.is_written_off or defaulted.loan_key is not null then 1 else 0 end as numerator
    from followed
    inner join {{ ref('int_claim') }} as claims
        on claims.metric_code = 'VINTAGE_DEFAULT_12M'
    left join defaulted
        on followed.loan_key = defaulted.loan_key

),

counted as (

    select
        claimed.*,
        1 as denominator
    from claimed

)

{{ summed_by_cluster('counted') }}
