{#- Every segment of the model is one of the axis (seed ref_segment); none is NULL. -#}
{% test segment_is_listed(model, axis) %}

select segments.segment_code, count(*) as rows_with_it
from (
    select candidate_segment as segment_code from {{ model }}
    union all
    select model_segment from {{ model }}
    union all
    select final_segment from {{ model }}
) as segments
left join {{ ref('ref_segment') }} as listed
    on listed.axis = '{{ axis }}'
    and segments.segment_code = listed.segment_code
where listed.segment_code is null
group by segments.segment_code

{% endtest %}
