-- Charge-off rate of the US SBA loans by NAICS sector and by industry segment, reweighted from the stratified sample to
-- the full file. Reads the warehouse that examples/sba/run.py built; one row a level and group.
--
-- The sample holds as many charged-off loans as loans paid in full, so its raw rate says how the sample was drawn. Each
-- loan therefore counts for as many as it stands for: the loans of its stratum in the full file divided by the loans of
-- its stratum that were delivered. Loans that staging rejected count in the divisor: such a loan takes its weight out
-- of the rate and leaves it to nobody.
--
-- Interval: both strata are random samples, so the shares of the strata that fall into a group, c / C charged off and
-- p / P paid in full, vary independently, and the variance of the log odds of the rate is about
-- (1 / c - 1 / C) + (1 / p - 1 / P). The effective sample is the number of loans, drawn without strata, that would know
-- the rate as well: 1 / (rate x (1 - rate) x that variance). The interval is Wilson's at 95 % for the reweighted rate on
-- that many loans. An empty cell counts as half a loan, so that its interval is wide and not absent.
with full_file as (

    -- loans of the full file by status; some two thousand of its 899 164 have neither
    select 'SETTLED' as status, 739609 as file_loans
    union all
    select 'WRITTEN_OFF' as status, 157558 as file_loans

),

delivered as (

    select
        count(*) filter (where status = 'WRITTEN_OFF') as charged_off_delivered,
        count(*) filter (where status = 'SETTLED') as paid_delivered
    from staging.base_loans

),

design as (

    select
        delivered.charged_off_delivered,
        delivered.paid_delivered,
        charged_off.file_loans / cast(delivered.charged_off_delivered as double) as charged_off_weight,
        paid.file_loans / cast(delivered.paid_delivered as double) as paid_weight
    from delivered
    inner join full_file as charged_off on charged_off.status = 'WRITTEN_OFF'
    inner join full_file as paid on paid.status = 'SETTLED'

),

loan as (

    select
        loans.status,
        loans.principal_amount,
        loans.written_off_amount_converted as written_off_amount,
        loans.x_naics_code,
        keyed.client_key,
        -- the month end at which the client's segment is read: that of the disbursement, or the first one of the
        -- history for an older loan
        greatest(last_day(loans.disbursed_on), history.first_month) as segment_month
    from staging.stg_loans as loans
    inner join intermediate.int_loan as keyed on loans.loan_no = keyed.loan_no
    cross join (select min(as_of_month) as first_month from intermediate.int_month) as history

),

grouped as (

    select
        'PORTFOLIO' as level,
        'ALL' as group_code,
        'All loans' as group_name,
        loan.*
    from loan

    union all

    select
        'NAICS_SECTOR' as level,
        -- a sector of several two-digit codes is written as the standard writes it
        case
            when loan.x_naics_code = '0' then 'NONE'
            when left(loan.x_naics_code, 2) in ('31', '32', '33') then '31-33'
            when left(loan.x_naics_code, 2) in ('44', '45') then '44-45'
            when left(loan.x_naics_code, 2) in ('48', '49') then '48-49'
            else left(loan.x_naics_code, 2)
        end as group_code,
        coalesce(sector.title, 'No industry code') as group_name,
        loan.*
    from loan
    left join reference.ref_industry_code as sector
        on sector.code_system = 'NAICS'
        and sector.edition = '2017'
        and left(loan.x_naics_code, 2) = sector.code

    union all

    select
        'INDUSTRY_SEGMENT' as level,
        coalesce(held.final_segment, 'UNKNOWN') as group_code,
        segment.name_en as group_name,
        loan.*
    from loan
    left join segments.seg_industry as held
        on loan.client_key = held.client_key
        and loan.segment_month = held.as_of_month
    left join reference.ref_segment as segment
        on segment.axis = 'INDUSTRY'
        and coalesce(held.final_segment, 'UNKNOWN') = segment.segment_code

),

-- counts and decimal sums only; the weights, which are fractions, come after
counted as (

    select
        level,
        group_code,
        min(group_name) as group_name,
        count(*) filter (where status = 'WRITTEN_OFF') as charged_off,
        count(*) filter (where status = 'SETTLED') as paid,
        coalesce(sum(written_off_amount) filter (where status = 'WRITTEN_OFF'), 0) as charged_off_sum,
        coalesce(sum(principal_amount) filter (where status = 'WRITTEN_OFF'), 0) as charged_off_disbursed_sum,
        coalesce(sum(principal_amount) filter (where status = 'SETTLED'), 0) as paid_disbursed_sum
    from grouped
    group by level, group_code

),

weighted as (

    select
        counted.*,
        design.*,
        charged_off * charged_off_weight as charged_off_loans,
        charged_off * charged_off_weight + paid * paid_weight as loans,
        charged_off_sum * charged_off_weight as charged_off_amount,
        charged_off_disbursed_sum * charged_off_weight + paid_disbursed_sum * paid_weight as disbursed_amount,
        greatest(charged_off, 0.5) * charged_off_weight as charged_off_or_half,
        greatest(paid, 0.5) * paid_weight as paid_or_half,
        1 / greatest(charged_off, 0.5) - 1 / cast(charged_off_delivered as double)
        + 1 / greatest(paid, 0.5) - 1 / cast(paid_delivered as double) as log_odds_variance
    from counted
    cross join design

),

rated as (

    select
        *,
        charged_off_loans / loans as rate,
        -- rate x (1 - rate); no variance is left where a group is the whole file
        power(charged_off_or_half + paid_or_half, 2)
        / nullif(charged_off_or_half * paid_or_half * log_odds_variance, 0) as effective_loans,
        power(1.959964, 2) as z2
    from weighted

)

select
    level,
    group_code,
    group_name,
    charged_off as charged_off_in_sample,
    paid as paid_in_sample,
    cast(charged_off / cast(charged_off + paid as double) as decimal(9,6)) as raw_rate,
    cast(charged_off_weight as decimal(12,6)) as charged_off_weight,
    cast(paid_weight as decimal(12,6)) as paid_weight,
    cast(charged_off_loans as decimal(18,1)) as charged_off_loans,
    cast(loans as decimal(18,1)) as loans,
    cast(rate as decimal(9,6)) as charge_off_rate,
    cast(effective_loans as decimal(18,1)) as effective_loans,
    cast(
        (rate + z2 / (2 * effective_loans) - sqrt(z2 * (rate * (1 - rate) + z2 / (4 * effective_loans)) / effective_loans))
        / (1 + z2 / effective_loans) as decimal(9,6)
    ) as interval_low,
    cast(
        (rate + z2 / (2 * effective_loans) + sqrt(z2 * (rate * (1 - rate) + z2 / (4 * effective_loans)) / effective_loans))
        / (1 + z2 / effective_loans) as decimal(9,6)
    ) as interval_high,
    cast(charged_off_amount as decimal(18,2)) as charged_off_amount,
    cast(disbursed_amount as decimal(18,2)) as disbursed_amount,
    cast(charged_off_amount / disbursed_amount as decimal(9,6)) as charge_off_amount_rate
from rated
order by case level when 'PORTFOLIO' then 1 when 'NAICS_SECTOR' then 2 else 3 end asc, rate desc, group_code asc
