-- Why the clients stand where they stand in the last month: one row an axis, segment and reason that decided it, with the
-- share of all clients of the month.
select
    explanation.axis,
    explanation.final_segment as segment_code,
    explanation.reason_code,
    explanation.reason_in_words,
    count(*) as clients,
    cast(count(*) / sum(count(*)) over (partition by explanation.axis) as decimal(9,4)) as share
from marts.mart_client_explanation as explanation
group by explanation.axis, explanation.final_segment, explanation.reason_code, explanation.reason_in_words
order by explanation.axis asc, clients desc, segment_code asc, explanation.reason_code asc
