-- How many clients a rate drives away, from the table of the problem (policy of 2019, loans of one year): one row a
-- rating. Example output: the contract has no table for it. Reads the file itself, given as the variable churn_file.
--
-- kept_at_<rate>       share of clients that stay at that yearly rate, read between the two nearest rates of the table
-- lost_per_point_low   clients lost per percentage point of rate from 4 % to 6.25 %, in percentage points; then to 15 %
-- best_rate            the rate of the table that brings most interest on a loan offered to everyone: rate x share kept.
--                      Before any loss, so it is a ceiling: a client that defaults pays neither interest nor principal.
with churn as (

    unpivot (
        select
            cast("贷款年利率" as double) as rate,
            cast("客户流失率_A" as double) as "A",
            cast("客户流失率_B" as double) as "B",
            cast("客户流失率_C" as double) as "C"
        from read_csv(getvariable('churn_file'), all_varchar = true, header = true)
    )
    on "A", "B", "C"
    into name rating value lost

),

points as (

    select
        *,
        lead(rate) over by_rate as next_rate,
        lead(lost) over by_rate as next_lost
    from churn
    window by_rate as (partition by rating order by rate)

),

asked as (

    select rating, asked_rate, lost + (next_lost - lost) * (asked_rate - rate) / (next_rate - rate) as lost
    from points
    cross join (values (0.05), (0.08), (0.10), (0.12)) as asked (asked_rate)
    where asked_rate >= rate and asked_rate < next_rate

),

kept as (

    select
        rating,
        max(1 - lost) filter (where asked_rate = 0.05) as kept_at_5,
        max(1 - lost) filter (where asked_rate = 0.08) as kept_at_8,
        max(1 - lost) filter (where asked_rate = 0.10) as kept_at_10,
        max(1 - lost) filter (where asked_rate = 0.12) as kept_at_12
    from asked
    group by rating

)

select
    points.rating,
    count(*) as rates,
    min(points.rate) as lowest_rate,
    max(points.rate) as highest_rate,
    count(*) filter (where points.next_lost < points.lost) as steps_where_fewer_leave,
    cast(min(kept.kept_at_5) as decimal(9,4)) as kept_at_5,
    cast(min(kept.kept_at_8) as decimal(9,4)) as kept_at_8,
    cast(min(kept.kept_at_10) as decimal(9,4)) as kept_at_10,
    cast(min(kept.kept_at_12) as decimal(9,4)) as kept_at_12,
    cast(
        (max(points.lost) filter (where points.rate = 0.0625) - max(points.lost) filter (where points.rate = 0.04)) / 2.25
        * 100 as decimal(9,2)
    ) as lost_per_point_low,
    cast(
        (max(points.lost) filter (where points.rate = 0.15) - max(points.lost) filter (where points.rate = 0.0625)) / 8.75
        * 100 as decimal(9,2)
    ) as lost_per_point_high,
    arg_max(points.rate, points.rate * (1 - points.lost)) as best_rate,
    cast(max(points.rate * (1 - points.lost)) as decimal(9,6)) as interest_at_best_rate
from points
inner join kept on points.rating = kept.rating
group by points.rating
order by points.rating
