-- Agencies that deliver scores which no rule explains: their clients stay UNRATED with SCORE_NOT_CALIBRATED.
select agency, rating_scale, count(*) as scores
from {{ ref('int_rating_action') }}
where not_counting_because = 'SCORE_NOT_CALIBRATED'
group by agency, rating_scale
