select
    case
        when names.segment_code is null then applications.credit_segment
        else names.name_en || ' ' || names.name_zh
    end as credit_tier,
    quantile_cont(applications.business_hours_to_decision, 0.5) as value
from marts.fct_application as applications
left join (select * from marts.dim_segment where axis = 'CREDIT') as names
    on applications.credit_segment = names.segment_code
where
    applications.business_hours_to_decision is not null
    and applications.decision not in ('WITHDRAWN', 'EXPIRED')
group by credit_tier
