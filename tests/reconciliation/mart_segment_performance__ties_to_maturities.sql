-- Per axis the segments hold every loan that matured within the history once, and at the last month all that ever fell due
-- and was paid of it.
with reporting as (

    select first_month, last_month from {{ ref('stg_reporting_window') }}

),

loans as (

    select count(*) as matured_loans
    from {{ ref('int_loan') }} as loans
    cross join reporting
    where last_day(loans.matures_on) between reporting.first_month and reporting.last_month

),

on_time as (

    select count(*) filter (where is_repaid_on_time) as repaid_on_time_loans
    from {{ ref('int_loan_maturity') }}

),

flows as (

    -- a portfolio without loans has had nothing due
    select coalesce(sum(due_amount), 0) as due_amount, coalesce(sum(repaid_amount), 0) as collected_amount
    from {{ ref('int_repayment_to_date') }}

),

latest as (

    select
        axis,
        segment_code,
        sum(matured_loans) as matured_loans,
        sum(repaid_on_time_loans) as repaid_on_time_loans,
        {{ last_known('cumulative_due_amount', 'as_of_month') }} as due_amount,
        {{ last_known('cumulative_collected_amount', 'as_of_month') }} as collected_amount
    from {{ ref('mart_segment_performance') }}
    group by axis, segment_code

),

segments as (

    select
        axis,
        sum(matured_loans) as matured_loans,
        sum(repaid_on_time_loans) as repaid_on_time_loans,
        sum(due_amount) as due_amount,
        sum(collected_amount) as collected_amount
    from latest
    group by axis

)

select segments.*, loans.matured_loans as loans_matured, flows.due_amount as flows_due, flows.collected_amount as flows_collected
from segments
cross join loans
cross join on_time
cross join flows
where segments.matured_loans is distinct from loans.matured_loans
    or segments.repaid_on_time_loans is distinct from on_time.repaid_on_time_loans
    or segments.due_amount is distinct from flows.due_amount
    or segments.collected_amount is distinct from flows.collected_amount
