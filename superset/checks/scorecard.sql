select
    performance.axis,
    ifnull(
        (
            select names.name_en || ' ' || names.name_zh
            from marts.dim_segment as names
            where names.axis = performance.axis and names.segment_code = performance.segment_code
        ),
        performance.segment_code
    ) as segment,
    performance.clients,
    cast(performance.exposure_amount as double) / 1000000 as exposure,
    cast(performance.par30_amount as double) / nullif(cast(performance.exposure_amount as double), 0) as par30,
    cast(performance.par90_amount as double) / nullif(cast(performance.exposure_amount as double), 0) as par90,
    cast(performance.non_performing_amount as double) / nullif(cast(performance.exposure_amount as double), 0) as npl,
    cast(performance.paid_on_time_amount as double) / nullif(cast(performance.due_amount as double), 0) as on_time
from marts.mart_segment_performance as performance
where performance.as_of_month = (select max(as_of_month) from marts.dim_month)
