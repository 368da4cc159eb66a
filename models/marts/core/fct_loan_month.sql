-- The monthly life of every loan, as facts.
{{ monthly_model() }}
select
    loan_key,
    as_of_month,
    client_key,
    loan_no,
    project_no,
    product_code,
    currency,
    disbursed_on,
    matures_on,
    cast(months_on_book as integer) as months_on_book,
    balance_source,
    loan_state,
    outstanding_amount,
    days_past_due,
    bucket_code,
    five_class,
    is_non_performing,
    five_class_rule_version,
    cast(stage as integer) as stage,
    due_amount,
    paid_on_time_amount,
    collected_amount,
    paid_amount,
    written_off_amount,
    coalesce(differs_from_month_end, false) as differs_from_month_end
from {{ ref('int_loan_month') }}
where as_of_month >= {{ first_rebuilt_month() }}
