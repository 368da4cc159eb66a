-- Where the bank's rating and the default flag put the firms on the credit and the behaviour axis in the last month of
-- the history. One row a rating, default flag and pair of segments.
select
    ratings.x_delivered_rating as rating,
    events.event_no is not null as has_defaulted,
    segments.credit_segment,
    segments.behaviour_segment,
    segments.lifecycle_segment,
    count(*) as firms
from staging.stg_credit_ratings as ratings
inner join intermediate.int_client_identity as identity
    on ratings.source_system = identity.source_system
    and ratings.client_no = identity.client_no
inner join marts.fct_client_segment_month as segments
    on identity.client_key = segments.client_key
    and segments.as_of_month = (select max(as_of_month) from marts.fct_client_segment_month)
left join staging.stg_credit_events as events
    on ratings.source_system = events.source_system
    and ratings.client_no = events.client_no
group by all
order by all
