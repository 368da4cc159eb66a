-- Satisfaction by segment and month: the latest response of a client in a month, under the segments that it held at the
-- month end before. A building block of mart_segment_performance; it stands with the marts because it reads one.
{{ config(schema = 'intermediate') }}
with parameter as {{ rule_values(ref('rule_relationship_parameter'), 'parameter_id', {
    'promoter_from': ['NPS_PROMOTER_FROM', 'parameter_value'],
    'detractor_to': ['NPS_DETRACTOR_TO', 'parameter_value'],
    'satisfied_from': ['CSAT_SATISFIED_FROM', 'parameter_value'],
}) }},

answered as (

    select
        identity.client_key,
        last_day(cast(surveys.answered_at as date)) as as_of_month,
        surveys.nps,
        surveys.csat,
        row_number() over (
            partition by identity.client_key, last_day(cast(surveys.answered_at as date))
            order by surveys.answered_at desc, surveys.response_no desc
        ) as response_order
    from {{ ref('stg_satisfaction_surveys') }} as surveys
    inner join {{ ref('int_client_identity') }} as identity
        on surveys.source_system = identity.source_system
        and surveys.client_no = identity.client_no

),

response as (

    select
        answered.client_key,
        answered.as_of_month,
        last_day({{ months_later('answered.as_of_month', -1) }}) as segment_month,
        answered.nps,
        answered.csat,
        answered.nps >= parameter.promoter_from as is_promoter,
        answered.nps <= parameter.detractor_to as is_detractor,
        answered.csat >= parameter.satisfied_from as is_satisfied
    from answered
    inner join parameter
        on answered.as_of_month = parameter.as_of_month
    where answered.response_order = 1

),

{{ segments_as_of('response') }}

{% for axis in segment_axes() -%}
select
    '{{ axis }}' as axis,
    {{ axis | lower }}_segment as segment_code,
    as_of_month,
    count(*) as responses,
    count(nps) as nps_answers,
    count(*) filter (where is_promoter) as promoters,
    count(*) filter (where is_detractor) as detractors,
    count(csat) as csat_answers,
    count(*) filter (where is_satisfied) as csat_4_5
from response_placed
group by {{ axis | lower }}_segment, as_of_month
{{ 'union all' if not loop.last }}
{% endfor %}
