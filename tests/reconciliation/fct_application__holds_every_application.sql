-- Every accepted application stands in fct_application exactly once, with its amount, and nothing else does.
with staged as (

    select application_no, requested_amount_converted as requested_amount
    from {{ ref('stg_loan_applications') }}

),

shown as (

    select application_no, count(*) as rows_shown, sum(requested_amount) as requested_amount
    from {{ ref('fct_application') }}
    group by application_no

)

select coalesce(staged.application_no, shown.application_no) as application_no, staged.requested_amount, shown.rows_shown
from staged
full outer join shown
    on staged.application_no = shown.application_no
where shown.rows_shown is distinct from 1
    or staged.requested_amount is distinct from shown.requested_amount
