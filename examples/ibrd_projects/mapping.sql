-- World Bank loans and projects mapped onto the input contract (contract/input_contract.yml). Plain DuckDB SQL; its
-- variables:
--   loans_2020_file, loans_2022_file   the IBRD statement of loans at 2020-11-30 and 2022-05-31 (CSV, gzip)
--   projects_file                      the World Bank's projects as of 2024-08-29 (Parquet)
--   projects_written_on                the day of the projects file
--   output_folder                      where <table>.parquet is written
--   notes_folder                       where the counts of the mapping are written (no contract table)
--
-- A mapping says which column means what. What had to be decided or derived is named below with its reason and carries
-- an x_ column. Columns that start with x_ are not in the contract; the warehouse passes them through to staging.

-- A statement writes its dates as 11/30/2020 12:00:00 AM. Staging reads no date whose day and month could be
-- exchanged; the mapping knows the source and says which is which.
create or replace temporary macro statement_date(written) as cast(strptime(written, '%m/%d/%Y %I:%M:%S %p') as date);

-- The statement of 2022 writes 250,000,000 where that of 2020 writes 250000000: a plain cast makes it NULL. That of 2020
-- carries floating-point noise (0.000000000466 disbursed), which is nothing once an amount has two decimals.
create or replace temporary macro statement_amount(written) as cast(replace(written, ',', '') as decimal(18,2));

-- A client is a borrower's name in one country: the file has no number for it. Letters and digits count; case, accents
-- and punctuation do not. 57 loans of each statement name no borrower: there the member country itself stands. A ministry
-- that was renamed between the statements is two clients: a missed match, where a false one would mix two borrowers. The
-- code of Namibia is NA, which staging reads as "not available": no code is delivered without a prefix.
create or replace temporary macro client_no_of(country_code, borrower) as
case
    when borrower is null then 'MEMBER-' || country_code
    else country_code || '-' || regexp_replace(upper(strip_accents(borrower)), '[^A-Z0-9]', '', 'g')
end;

-- Both statements, one row a loan and statement.
create or replace temporary table statement as
with delivered as (

    select * from read_csv(getvariable('loans_2020_file'), all_varchar = true, header = true)
    union all
    select * from read_csv(getvariable('loans_2022_file'), all_varchar = true, header = true)

)

select
    "Loan Number" as loan_no,
    statement_date("End of Period") as stated_on,
    "Country Code" as country_code,
    "Country" as country,
    "Region" as region,
    "Borrower" as borrower,
    client_no_of("Country Code", "Borrower") as client_no,
    "Guarantor Country Code" as guarantor_code,
    "Guarantor" as guarantor,
    "Loan Type" as loan_type,
    "Loan Status" as loan_status,
    cast("Interest Rate" as decimal(9,4)) as rate_percent,
    "Project ID" as project_no,
    "Project Name" as project_name,
    -- as written: staging reads them
    "Original Principal Amount" as written_principal,
    "Disbursed Amount" as written_disbursed,
    statement_amount("Original Principal Amount") as principal,
    statement_amount("Cancelled Amount") as cancelled,
    statement_amount("Undisbursed Amount") as undisbursed,
    statement_amount("Disbursed Amount") as disbursed,
    statement_amount("Repaid to IBRD") as repaid,
    statement_amount("Borrower's Obligation") as obligation,
    statement_date("Last Repayment Date") as last_repayment_on,
    coalesce(statement_date("Agreement Signing Date"), statement_date("Board Approval Date")) as agreed_on,
    statement_date("Board Approval Date") as approved_on,
    statement_date("Effective Date (Most Recent)") as effective_on,
    statement_date("Closed Date (Most Recent)") as disbursement_ends_on
from delivered;

-- What the other statement says of the loan. Statuses that end a loan: what was drawn of it is owed no more.
create or replace temporary table loan_statement as
select
    *,
    disbursed > 0 as is_drawn,
    bool_or(disbursed > 0) over (partition by loan_no) as is_ever_drawn,
    min(stated_on) filter (where disbursed > 0) over (partition by loan_no) as first_drawn_statement_on,
    min(stated_on) over () as first_statement_on,
    min(stated_on) filter (where loan_status in ('Fully Repaid', 'Fully Cancelled')) over (
        partition by loan_no
    ) as first_ended_statement_on
from statement;

-- Borrowers, and the countries that guarantee or borrow without a named borrower. A statement is one version of what is
-- known of them; the relationship starts with the first approval. Not in the file: legal form, industry, employees.
copy (
    with named as (

        select client_no, stated_on, coalesce(borrower, country) as client_name, country_code, region, approved_on, loan_no
        from statement
        union all
        select client_no_of(guarantor_code, null), stated_on, guarantor, guarantor_code, null, approved_on, loan_no
        from statement
        where guarantor_code is not null

    ),

    -- one spelling a statement: that of the newest loan
    spelled as (

        select
            *,
            row_number() over (
                partition by client_no, stated_on order by approved_on desc, loan_no desc, client_name asc
            ) as choice,
            min(approved_on) over (partition by client_no) as first_approved_on
        from named

    )

    select
        'IBRD' as source_system,
        client_no,
        cast(stated_on as timestamp) as extracted_at,
        client_name,
        -- codes of the World Bank: most are ISO 3166, those of regions and of past states are not
        'WB-' || country_code as region_code,
        first_approved_on as relationship_started_on,
        case when client_no = client_no_of(country_code, null) then 'MEMBER_COUNTRY' else 'BORROWER' end as x_client_kind
    from spelled
    where choice = 1
    order by client_no, extracted_at
) to (getvariable('output_folder') || '/clients.parquet') (format parquet);

-- The member country stands behind the borrower.
copy (
    select
        'IBRD' as from_source_system,
        client_no_of(guarantor_code, null) as from_client_no,
        'IBRD' as to_source_system,
        client_no as to_client_no,
        'GUARANTOR_OF' as relationship_type,
        min(agreed_on) as valid_from,
        cast(max(stated_on) as timestamp) as extracted_at
    from statement
    where guarantor_code is not null and client_no_of(guarantor_code, null) <> client_no
    group by guarantor_code, client_no
    order by from_client_no, to_client_no
) to (getvariable('output_folder') || '/client_relationships.parquet') (format parquet);

-- A loan agreement is a line: the World Bank may disburse up to its principal until the closed date. Every row of both
-- statements is here, with its amounts: cancelled, undisbursed, transferred and terminated loans, and guarantees (loan
-- types GURB and GUBF), which are never drawn. The newer statement supersedes the older one.
copy (
    select
        loan_no as facility_no,
        'IBRD' as source_system,
        client_no,
        written_principal as limit_amount,
        'USD' as currency,
        agreed_on as started_on,
        disbursement_ends_on as expires_on,
        cast(stated_on as timestamp) as extracted_at,
        project_no as x_project_no,
        region as x_region,
        country as x_country,
        loan_type as x_loan_type,
        loan_status as x_loan_status,
        principal as x_principal_amount,
        cancelled as x_cancelled_amount,
        undisbursed as x_undisbursed_amount,
        disbursed as x_disbursed_amount,
        repaid as x_repaid_amount,
        obligation as x_obligation_amount,
        last_repayment_on as x_last_repayment_on
    from loan_statement
    order by facility_no, extracted_at
) to (getvariable('output_folder') || '/facilities.parquet') (format parquet);

-- A drawdown is what has been disbursed of an agreement; agreements of which nothing ever was are lines and no loans.
-- They are disbursed in parts over years and the statement has no dates of the parts: the loan stands from the first day
-- on which it can have been disbursed, the day it became effective, or the day after the first statement when that one
-- says that nothing was disbursed yet.
copy (
    select
        loan_no,
        loan_no as facility_no,
        'IBRD' as source_system,
        client_no,
        project_no,
        'IBRD_' || loan_type as product_code,
        written_disbursed as principal,
        'USD' as currency,
        case
            when first_drawn_statement_on > first_statement_on and last_repayment_on > first_statement_on
                then greatest(effective_on, cast(first_statement_on + 1 as date))
            else effective_on
        end as disbursed_on,
        last_repayment_on as matures_on,
        -- 0.4 is four tenths of a per cent; as a number it could be a fraction. Zero is written where none is known.
        cast(nullif(rate_percent, 0) / 100 as decimal(9,6)) as rate,
        case when guarantor_code is not null then 'GUARANTEED' end as security_type,
        case when first_ended_statement_on <= stated_on then 'SETTLED' else 'LIVE' end as status,
        -- The day of the last payment is not in the file. The latest it can have been: the end of the term, or the first
        -- statement that has the loan as repaid; not before the statement that still had it running.
        case
            when first_ended_statement_on = first_statement_on then least(last_repayment_on, first_statement_on)
            when first_ended_statement_on <= stated_on
                then least(greatest(last_repayment_on, cast(first_statement_on + 1 as date)), first_ended_statement_on)
        end as closed_on,
        cast(stated_on as timestamp) as extracted_at,
        loan_status as x_loan_status
    from loan_statement
    where is_drawn
    order by loan_no, extracted_at
) to (getvariable('output_folder') || '/loans.parquet') (format parquet);

-- What the borrower owes, at today's exchange rates ("Borrower's Obligation"). "Due to IBRD" is not it: it is what was
-- disbursed less what was repaid at the rates of those days, minus 951 million dollars for loans repaid in full. Rests of
-- up to one dollar either way are rounding and stand as zero. Between the statements the warehouse carries the older one.
-- Days past due are not in the file. Of a loan that owes money after its last repayment date one thing is certain: the
-- oldest unpaid instalment fell due on that day or before. These loans get the days since then, a lower bound; all
-- others stay unknown, and so does a rest below 500 dollars (a city would be in default over 11.75; the European
-- threshold for arrears that matter is 500 euro).
copy (
    select
        loan_no,
        stated_on as month_end,
        case when abs(obligation) <= 1 then 0 else obligation end as outstanding_principal,
        case
            when obligation >= 500 and last_repayment_on < stated_on then date_diff('day', last_repayment_on, stated_on)
        end as days_past_due,
        cast(stated_on as timestamp) as extracted_at,
        case
            when obligation >= 500 and last_repayment_on < stated_on then 'AT_LEAST_SINCE_LAST_REPAYMENT_DATE'
        end as x_days_past_due_basis,
        case when abs(obligation) <= 1 then obligation else 0 end as x_rounding_rest
    from loan_statement
    where is_drawn
    order by loan_no, month_end
) to (getvariable('output_folder') || '/loan_month_ends.parquet') (format parquet);

-- The projects that a loan names, with the sectors of the projects file as text for the warehouse to classify; the
-- type is not decided here. The file is two years younger than the statements: only its dated facts are used, and a
-- month sees them when they have come. The closing of a project is the end of its works; of a running one it is a plan.
copy (
    with agreement as (

        -- each loan as its newest statement has it
        select *
        from loan_statement
        where project_no is not null
        qualify stated_on = max(stated_on) over (partition by loan_no)

    ),

    ranked as (

        select *, row_number() over (partition by project_no order by principal desc, loan_no asc) as size_rank
        from agreement

    ),

    lent as (

        select
            project_no,
            -- name, borrower and country of the largest agreement
            max(project_name) filter (where size_rank = 1) as project_name,
            max(client_no) filter (where size_rank = 1) as client_no,
            max(country_code) filter (where size_rank = 1) as country_code,
            sum(principal) as principal,
            min(agreed_on) as agreed_on,
            max(last_repayment_on) as last_repayment_on
        from ranked
        group by project_no

    ),

    described as (

        select
            *,
            cast(strptime(closingdate, '%m/%d/%Y %I:%M:%S %p') as date) as closes_on
        from read_parquet(getvariable('projects_file'))

    )

    select
        lent.project_no,
        coalesce(described.project_name, lent.project_name, lent.project_no) as project_name,
        nullif(concat_ws('; ', described.sector1, described.sector2, described.sector3), '') as sector_text,
        'IBRD' as borrower_source_system,
        lent.client_no as borrower_client_no,
        'WB-' || lent.country_code as region_code,
        -- zero stands where no cost is known
        cast(nullif(described.curr_project_cost, 0) as decimal(18,2)) as total_cost,
        cast(lent.principal as decimal(18,2)) as debt_amount,
        'USD' as currency,
        lent.agreed_on as financial_close_on,
        described.closes_on as planned_completion_on,
        case when described.projectstatusdisplay = 'Closed' then described.closes_on end as actual_completion_on,
        lent.last_repayment_on as debt_matures_on,
        cast(getvariable('projects_written_on') as timestamp) as extracted_at,
        described.sector1 as x_first_sector,
        described.projectstatusdisplay as x_project_status,
        described.id is not null as x_is_in_projects_file
    from lent
    left join described on lent.project_no = described.id
    order by project_no
) to (getvariable('output_folder') || '/projects.parquet') (format parquet);

-- What was left out or set aside, and what the statements say of it.
copy (
    with project as (

        select * from read_parquet(getvariable('projects_file'))

    ),

    lent_project as (

        select distinct project_no from statement where project_no is not null

    )

    select 1 as line, 'Agreements of 2020 that the statement of 2022 no longer has' as what, count(*) as found, sum(obligation) as owed
    from statement as earlier
    where stated_on = date '2020-11-30'
        and not exists (
            select 1 from statement as later where later.loan_no = earlier.loan_no and later.stated_on > earlier.stated_on
        )
    union all
    select 2, 'of them lent to the International Finance Corporation', count(*), sum(obligation)
    from statement as earlier
    where stated_on = date '2020-11-30' and borrower = 'INTERNATIONAL FINANCE CORPORATION'
        and not exists (
            select 1 from statement as later where later.loan_no = earlier.loan_no and later.stated_on > earlier.stated_on
        )
    union all
    select 3, 'Agreements never drawn in either statement: lines, no loans', count(distinct loan_no), sum(obligation)
    from loan_statement
    where not is_ever_drawn
    union all
    select 4, 'of them guarantees (GURB, GUBF)', count(distinct loan_no), sum(obligation)
    from loan_statement
    where not is_ever_drawn and loan_type in ('GURB', 'GUBF')
    union all
    select 5, 'Rows with repayments or dues of an agreement without a disbursement', count(*), sum(obligation)
    from loan_statement
    where not is_drawn and repaid <> 0
    union all
    select 6, 'Rows of loans repaid or running whose rest of up to one dollar stands as zero', count(*), sum(obligation)
    from loan_statement
    where is_drawn and abs(obligation) <= 1 and obligation <> 0
    union all
    select 7, 'Rows that owe 500 dollars or more after their last repayment date', count(*), sum(obligation)
    from loan_statement
    where is_drawn and obligation >= 500 and last_repayment_on < stated_on
    union all
    select 7.5, 'Rows that owe less than that, yet more than one dollar: days past due left unknown', count(*), sum(obligation)
    from loan_statement
    where is_drawn and obligation > 1 and obligation < 500 and last_repayment_on < stated_on
    union all
    select 8, 'Rows in which principal is not cancelled + undisbursed + disbursed (exchange effects)', count(*), sum(obligation)
    from statement
    where abs(principal - cancelled - undisbursed - disbursed) > 1
    union all
    select 9, 'Rows without a borrower: the country stands for it', count(*), sum(obligation)
    from statement
    where borrower is null
    union all
    select 10, 'Agreements whose borrower has another name in 2022: another client', count(*), sum(later.obligation)
    from statement as earlier
    inner join statement as later on earlier.loan_no = later.loan_no and earlier.stated_on < later.stated_on
    where earlier.client_no <> later.client_no
    union all
    select 11, 'Projects of the projects file that no loan names: left out', count(*), null
    from project
    where id not in (select project_no from lent_project)
    union all
    select 12, 'of them dropped', count(*), null
    from project
    where id not in (select project_no from lent_project) and projectstatusdisplay = 'Dropped'
    union all
    select 13, 'Projects that a loan names and the projects file does not have', count(*), null
    from lent_project
    where project_no not in (select id from project)
    union all
    select 14, 'Projects that a loan names, with neither status nor sector in the projects file', count(*), null
    from project
    where id in (select project_no from lent_project) and projectstatusdisplay is null and sector1 is null
    order by line
) to (getvariable('notes_folder') || '/mapping_notes.parquet') (format parquet);
