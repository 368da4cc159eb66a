-- Per axis and month the segments hold the whole book, and every client that owes something once.
with book as (

    select
        as_of_month,
        count(distinct client_key) filter (where outstanding_amount > 0) as obligors,
        sum(outstanding_amount) as exposure_amount
    from {{ ref('fct_loan_month') }}
    group by as_of_month
    having sum(outstanding_amount) > 0

),

axes as (

    {% for axis in segment_axes() -%}
    select '{{ axis }}' as axis {{ 'union all' if not loop.last }}
    {% endfor %}

),

segments as (

    select
        axis,
        as_of_month,
        sum(obligors) as obligors,
        sum(exposure_amount) as exposure_amount,
        min(book_amount) as least_book_amount,
        max(book_amount) as book_amount
    from {{ ref('mart_segment_concentration') }}
    group by axis, as_of_month

)

select axes.axis, book.*, segments.obligors as segments_obligors, segments.exposure_amount as segments_exposure_amount
from book
cross join axes
left join segments
    on axes.axis = segments.axis
    and book.as_of_month = segments.as_of_month
where book.obligors is distinct from segments.obligors
    or book.exposure_amount is distinct from segments.exposure_amount
    or book.exposure_amount is distinct from segments.book_amount
    or book.exposure_amount is distinct from segments.least_book_amount
