-- The policy that results in the last month, beside the clients that its price would cost: one row a tier, best product and
-- indicative rate. Example output, on the churn table of the variable churn_file.
--
-- letters            the bank's ratings in the tier; the churn of a price is read where it is one letter with a table
-- working_capital_*  the standard product, a line of one year: LPR of one year on the reporting day and the tier's spread
-- kept_*             share of clients that stay at that rate, read between the two nearest rates of the table
-- interest_*         rate x share kept: interest per yuan offered, before any loss
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

steps as (

    select
        *,
        lead(rate) over by_rate as next_rate,
        lead(lost) over by_rate as next_lost
    from churn
    window by_rate as (partition by rating order by rate)

),

one_year_lpr as (

    select rate
    from reference.ref_lpr
    where tenor = '1Y' and published_on <= cast(getvariable('as_of_date') as date)
    order by published_on desc
    limit 1

),

client_ratings as (

    select identity.client_key, ratings.x_delivered_rating as letter
    from staging.stg_credit_ratings as ratings
    inner join intermediate.int_client_identity as identity
        on ratings.source_system = identity.source_system
        and ratings.client_no = identity.client_no

),

tiers as (

    select
        client_policy.credit_segment,
        client_policy.best_product_code,
        client_policy.indicative_rate,
        string_agg(distinct client_ratings.letter, ', ' order by client_ratings.letter) as letters,
        count(*) as firms,
        count(client_policy.limit_amount) as with_limit,
        sum(client_policy.capacity_based_limit_amount) as capacity_amount,
        sum(client_policy.limit_amount) as limit_amount,
        median(client_policy.limit_amount) as median_limit,
        max(client_policy.limit_amount) as largest_limit
    from marts.mart_client_policy as client_policy
    left join client_ratings on client_policy.client_key = client_ratings.client_key
    group by client_policy.credit_segment, client_policy.best_product_code, client_policy.indicative_rate

),

priced as (

    select
        tiers.*,
        segment_policy.limit_multiplier,
        segment_policy.unsecured_share_max,
        segment_policy.collateral_coverage_min,
        segment_policy.approval_track,
        segment_policy.spread_bp as working_capital_spread_bp,
        cast(one_year_lpr.rate + segment_policy.spread_bp / 10000 as decimal(9,6)) as working_capital_rate
    from tiers
    inner join marts.mart_segment_policy as segment_policy
        on segment_policy.axis = 'CREDIT'
        and tiers.credit_segment = segment_policy.segment_code
        and segment_policy.is_current
    cross join one_year_lpr

)

select
    priced.*,
    cast(
        1 - (at_line.lost + (at_line.next_lost - at_line.lost) * (priced.working_capital_rate - at_line.rate)
            / (at_line.next_rate - at_line.rate)) as decimal(9,4)
    ) as kept_at_working_capital_rate,
    cast(priced.working_capital_rate * kept_at_working_capital_rate as decimal(9,4)) as interest_at_working_capital_rate,
    cast(
        1 - (at_best.lost + (at_best.next_lost - at_best.lost) * (priced.indicative_rate - at_best.rate)
            / (at_best.next_rate - at_best.rate)) as decimal(9,4)
    ) as kept_at_indicative_rate
from priced
left join steps as at_line
    on priced.letters = at_line.rating
    and priced.working_capital_rate >= at_line.rate
    and priced.working_capital_rate < at_line.next_rate
left join steps as at_best
    on priced.letters = at_best.rating
    and priced.indicative_rate >= at_best.rate
    and priced.indicative_rate < at_best.next_rate
order by priced.credit_segment asc, priced.best_product_code asc
