-- Every axis of the scorecard holds every decision, submission, answer and client held before of its building blocks once.
{%- set blocks = {
    'int_segment_application_month': [['decided', 'decided'], ['submitted', 'submitted'], ['pending', 'pending']],
    'int_segment_survey_month': [['responses', 'survey_responses'], ['nps_answers', 'nps_answers'], ['csat_answers', 'csat_answers']],
    'int_segment_stickiness_month': [['clients', 'clients_held_before'], ['borrowers', 'clients_drawing_12m'], ['retained', 'retained_clients']],
} %}
{% for block, measures in blocks.items() -%}
{% for given, shown in measures -%}
select
    '{{ shown }}' as measure,
    blocks.axis,
    blocks.total,
    scorecard.total as shown_total
from (select axis, sum({{ given }}) as total from {{ ref(block) }} group by axis) as blocks
full join (select axis, sum({{ shown }}) as total from {{ ref('mart_segment_performance') }} group by axis) as scorecard
    on blocks.axis = scorecard.axis
where coalesce(blocks.total, 0) <> coalesce(scorecard.total, 0)
{{ 'union all' if not loop.last }}
{% endfor -%}
{{ 'union all' if not loop.last }}
{% endfor -%}
