-- Every loan stands once under every lever, and every current client has its policy: nothing is lost on the way.
with levers as (

    select count(distinct lever) as levers from {{ ref('mart_policy_compliance') }}

),

counted as (

    select loans.loan_key, count(compliance.lever) as levers
    from {{ ref('int_loan') }} as loans
    inner join {{ ref('stg_reporting_window') }} as reporting
        on loans.disbursed_on <= reporting.last_month
    left join {{ ref('mart_policy_compliance') }} as compliance
        on loans.loan_key = compliance.loan_key
    group by loans.loan_key

),

client as (

    select segments.client_key
    from {{ ref('fct_client_segment_month') }} as segments
    inner join {{ ref('stg_reporting_window') }} as reporting
        on segments.as_of_month = reporting.last_month
    left join {{ ref('mart_client_policy') }} as policies
        on segments.client_key = policies.client_key
    where policies.client_key is null

)

select 'loan' as what, counted.loan_key as key_value
from counted
cross join levers
where counted.levers <> levers.levers
union all
select 'client', client_key
from client
