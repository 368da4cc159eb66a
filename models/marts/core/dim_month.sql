-- The month ends of the warehouse.
select
    months.as_of_month,
    cast(year(months.as_of_month) as integer) as calendar_year,
    cast(quarter(months.as_of_month) as integer) as calendar_quarter,
    cast(month(months.as_of_month) as integer) as calendar_month,
    months.as_of_month = reporting.last_month as is_last_month,
    reporting.as_of_date
from {{ ref('int_month') }} as months
cross join {{ ref('stg_reporting_window') }} as reporting
