-- Per axis and quarter the segments hold every loan disbursed within the history once; and where the last observable month
-- on book reaches the end of the history, as many of them were ever late as fct_loan_month says.
with loan as (

    select
        loans.loan_key,
        loans.principal_amount,
        renewals.loan_key is not null as is_renewal,
        last_day({{ months_later("cast(date_trunc('quarter', loans.disbursed_on) as date)", 2) }}) as origination_quarter
    from {{ ref('int_loan') }} as loans
    cross join {{ ref('stg_reporting_window') }} as reporting
    left join {{ ref('int_loan_renewal') }} as renewals
        on loans.loan_key = renewals.loan_key
    where last_day(loans.disbursed_on) between reporting.first_month and reporting.last_month

),

late as (

    select loan_key, months_on_book
    from {{ ref('fct_loan_month') }}
    where days_past_due > 30 or loan_state = 'WRITTEN_OFF'

),

observed as (

    select axis, origination_quarter, max(months_on_book) filter (where is_observable) as last_observed
    from {{ ref('mart_segment_vintage') }}
    group by axis, origination_quarter

),

expected as (

    select
        observed.axis,
        loan.origination_quarter,
        count(distinct loan.loan_key) filter (where not loan.is_renewal) as loans,
        count(distinct loan.loan_key) filter (where loan.is_renewal) as loans_renewed,
        count(distinct late.loan_key) filter (where not loan.is_renewal) as ever_30_loans
    from loan
    left join observed
        on loan.origination_quarter = observed.origination_quarter
    left join late
        on loan.loan_key = late.loan_key
        and late.months_on_book <= observed.last_observed
    group by observed.axis, loan.origination_quarter

),

found as (

    select
        vintage.axis,
        vintage.origination_quarter,
        sum(vintage.loans) as loans,
        sum(vintage.loans_renewed) as loans_renewed,
        sum(vintage.ever_30_loans) as ever_30_loans
    from {{ ref('mart_segment_vintage') }} as vintage
    inner join observed
        on vintage.axis = observed.axis
        and vintage.origination_quarter = observed.origination_quarter
        and vintage.months_on_book = coalesce(observed.last_observed, 0)
    group by vintage.axis, vintage.origination_quarter

)

select expected.*, found.loans as found_loans, found.loans_renewed as found_renewed, found.ever_30_loans as found_ever_30
from expected
full join found
    on expected.axis = found.axis
    and expected.origination_quarter = found.origination_quarter
where expected.loans is distinct from found.loans
    or expected.loans_renewed is distinct from found.loans_renewed
    or expected.ever_30_loans <> found.ever_30_loans
