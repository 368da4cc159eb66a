-- When each client was won: its first genuine drawdown ever, over all its registrations, so that a duplicate is not a new
-- client, and the application behind it, whose channel and campaign won it. A renewal wins nobody.
with first_draw as (

    select
        client_key,
        min(drawn_on) as acquired_on
    from {{ ref('int_draw') }}
    where not is_renewal
    group by client_key

),

-- the loans of the draws of that day; a draw of a line may be several loans
drawn_loan as (

    select
        first_draw.client_key,
        first_draw.acquired_on,
        loans.loan_no,
        loans.principal_amount,
        coalesce(loans.application_no, facilities.application_no) as application_no,
        row_number() over (
            partition by first_draw.client_key
            order by
                case when coalesce(loans.application_no, facilities.application_no) is null then 1 else 0 end asc,
                loans.principal_amount desc nulls last, loans.loan_no asc
        ) as loan_order
    from first_draw
    inner join {{ ref('int_loan') }} as loans
        on first_draw.client_key = loans.client_key
        and first_draw.acquired_on = loans.disbursed_on
    inner join {{ ref('int_draw') }} as draws
        on {{ key_of(['loans.client_key', 'loans.disbursed_on', 'loans.facility_no', 'case when loans.facility_no is null then loans.loan_no end']) }} = draws.draw_key
        and not draws.is_renewal
    left join {{ ref('stg_facilities') }} as facilities
        on loans.facility_no = facilities.facility_no

),

won as (

    select
        client_key,
        acquired_on,
        max(case when loan_order = 1 then loan_no end) as loan_no,
        max(case when loan_order = 1 then application_no end) as application_no,
        cast(sum(principal_amount) as decimal(18,2)) as first_drawn_amount
    from drawn_loan
    group by client_key, acquired_on

)

select
    won.client_key,
    won.acquired_on,
    last_day(won.acquired_on) as acquired_month,
    won.loan_no,
    won.first_drawn_amount,
    won.application_no,
    applications.branch_code,
    applications.channel,
    applications.campaign,
    applications.submitted_at
from won
left join {{ ref('int_application') }} as applications
    on won.application_no = applications.application_no
