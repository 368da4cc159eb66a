-- The US SBA loan file mapped onto the input contract (contract/input_contract.yml). Plain DuckDB SQL; four variables:
--   sba_file            the Parquet file as the source gave it, one row a guaranteed loan
--   industry_code_file  seeds/reference/ref_industry_code.csv, the industry codes that the warehouse knows
--   file_end_on         the day up to which the file tells (LENDING_AS_OF_DATE of the run)
--   output_folder       where <table>.parquet is written
--
-- A mapping says which column means what, and no more: values go through as delivered and in their delivered type, so
-- that staging judges them (missing dates, industry code "0", the two charge-offs before disbursement). A value that
-- had to be derived is named below with its reason and carries an x_ column that says how it came about.
--
-- Columns that start with x_ are not in the contract; the warehouse passes them through to staging.

-- One client is one name in one state and postal code. The file has no client number. Name and state alone would join
-- the franchisees of a brand (a "SUBWAY" in each of four towns); name alone would join strangers. A client that moved
-- or is spelled differently stays two clients: a missed match costs a view over two loans, a false one mixes two firms.
-- The number of its first loan names the client.
create or replace temporary view sba_loan as
with identified as (

    select
        *,
        regexp_replace(upper("Name"), '[^A-Z0-9]', '', 'g') as name_key
    from read_parquet(getvariable('sba_file'))

),

-- The loans were coded over four decades, in NAICS editions from 1997 on (codes of older loans were added later). The
-- contract takes 2017 and 2022. Sectors (two digits) have kept their meaning since 1997 and most industry groups
-- (four digits) too, so a code is given in full when edition 2017 has its first four digits, else as far as it has:
-- 722211, a limited-service restaurant until 2012, becomes 722.
known_code as (

    select code
    from read_csv(getvariable('industry_code_file'), all_varchar = true, header = true)
    where code_system = 'NAICS' and edition = '2017'

)

select
    identified.*,
    first_value("LoanNr_ChkDgt") over (
        partition by name_key, "State", "Zip" order by "ApprovalDate", "LoanNr_ChkDgt"
    ) as client_no,
    case
        when industry_group.code is not null then "NAICS"
        else coalesce(subsector.code, sector.code, "NAICS")
    end as industry_code,
    -- the end of the term as the file states it today
    cast("DisbursementDate" + to_months(cast("Term" as integer)) as date) as matures_on
from identified
left join known_code as industry_group on left(identified."NAICS", 4) = industry_group.code
left join known_code as subsector on left(identified."NAICS", 3) = subsector.code
left join known_code as sector on left(identified."NAICS", 2) = sector.code;

-- What a borrower said of itself when a loan was approved is one version of its registration, known from that day on.
-- Two loans approved on one day give two copies of one version: staging sorts them out. Not in the file, and so not
-- here: legal form, date of registration, status, identifiers, and what became of the firm.
copy (
    select
        'SBA' as source_system,
        client_no,
        cast("ApprovalDate" as timestamp) as extracted_at,
        "Name" as client_name,
        concat_ws(', ', "City", "State", "Zip") as address,
        -- ISO 3166-2; the state of the borrower
        'US-' || "State" as region_code,
        industry_code,
        'NAICS' as industry_code_system,
        '2017' as industry_code_edition,
        -- zero stands in 255 rows, and nothing tells whether it means nobody or not known
        "NoEmp" as employees,
        "NAICS" as x_naics_code
    from sba_loan
    order by client_no, extracted_at
) to (getvariable('output_folder') || '/clients.parquet') (format parquet);

-- The approval is a credit line: an amount the lender may disburse. It is no row of loan_applications: the file holds
-- approved loans only, so approval rates and times would be made of nothing.
copy (
    select
        "LoanNr_ChkDgt" as facility_no,
        'SBA' as source_system,
        client_no,
        "GrAppv" as limit_amount,
        'USD' as currency,
        "ApprovalDate" as started_on,
        -- a line ends with the loan drawn on it
        matures_on as expires_on,
        "SBA_Appv" as x_guaranteed_amount,
        "Bank" as x_lender_name
    from sba_loan
    order by facility_no
) to (getvariable('output_folder') || '/facilities.parquet') (format parquet);

-- One loan is one disbursement of one approval. Loans that were never disbursed have no date; they are delivered and
-- rejected by staging, where they are counted.
copy (
    select
        "LoanNr_ChkDgt" as loan_no,
        "LoanNr_ChkDgt" as facility_no,
        'SBA' as source_system,
        client_no,
        "DisbursementGross" as principal,
        'USD' as currency,
        "DisbursementDate" as disbursed_on,
        matures_on,
        case when "RevLineCr" = 'Y' then 'REVOLVING' end as repayment_method,
        -- every loan of the file carries the guarantee of the agency for a part of it
        'GUARANTEED' as security_type,
        case "MIS_Status" when 'PIF' then 'SETTLED' when 'CHGOFF' then 'WRITTEN_OFF' end as status,
        -- The day on which a loan was paid in full is not in the file. The latest day it can have been is the end of
        -- its term, and the end of the file for a loan that was paid before its term was over. A hundred loans were
        -- charged off first and paid in full afterwards.
        case
            when "MIS_Status" = 'PIF' and matures_on is not null
                then least(greatest(matures_on, "ChgOffDate"), cast(getvariable('file_end_on') as date))
        end as closed_on,
        "ChgOffDate" as written_off_on,
        case when "ChgOffDate" is not null then "ChgOffPrinGr" end as written_off_amount,
        "NAICS" as x_naics_code,
        case
            when "MIS_Status" = 'PIF' and matures_on is not null
                then case
                    when greatest(matures_on, "ChgOffDate") > cast(getvariable('file_end_on') as date) then 'END_OF_FILE'
                    else 'END_OF_TERM'
                end
        end as x_closed_on_basis
    from sba_loan
    order by loan_no
) to (getvariable('output_folder') || '/loans.parquet') (format parquet);

-- The one balance that is known: what was out at the end of the month of disbursement. No later one is, and no days
-- past due. Without this row the warehouse would count days past due from the end of the term; in this file the term
-- of a charged-off loan is often shortened afterwards, so those days would be invented. With it every later month
-- carries the disbursed amount, an upper bound, and days past due that are unknown.
copy (
    select
        "LoanNr_ChkDgt" as loan_no,
        last_day("DisbursementDate") as month_end,
        "DisbursementGross" as outstanding_principal
    from sba_loan
    where "DisbursementDate" is not null
    order by loan_no
) to (getvariable('output_folder') || '/loan_month_ends.parquet') (format parquet);

-- A charge-off is the one sign of default that the file dates; the default itself came earlier.
copy (
    select
        "LoanNr_ChkDgt" || '-CHGOFF' as event_no,
        'SBA' as source_system,
        client_no,
        "LoanNr_ChkDgt" as loan_no,
        'DEFAULT' as event_type,
        "ChgOffDate" as occurred_on,
        "ChgOffDate" as known_on
    from sba_loan
    where "ChgOffDate" is not null
    order by event_no
) to (getvariable('output_folder') || '/credit_events.parquet') (format parquet);
