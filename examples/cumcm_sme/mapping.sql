-- The small-firm credit data of CUMCM 2020 C mapped onto the input contract (contract/input_contract.yml). Plain DuckDB
-- SQL; its variables:
--   firm_file      the firms with rating and default flag (CSV)
--   purchase_file  purchase invoices (Parquet)
--   sales_file     sales invoices (Parquet)
--   file_end_on    the day of the newest invoice: what the files know, they knew then at the latest
--   as_of_date     the month end that closes the files (LENDING_AS_OF_DATE of the run)
--   output_folder  where <table>.parquet is written
--   notes_folder   where the counts of the mapping are written (no contract table)
--
-- A mapping says which column means what. What had to be decided or derived is named below with its reason and carries
-- an x_ column. Columns that start with x_ are not in the contract; the warehouse passes them through to staging.

-- Both invoice files in one shape: one row a delivered row. The status is written with a leading blank in 47 rows. Every
-- amount has two decimals in the files; as a decimal it sums to the cent.
create or replace temporary table delivered_invoice as
with delivered as (

    select
        'SALES' as direction,
        "企业代号" as client_no,
        "发票号码" as invoice_no,
        "开票日期" as issued_on,
        "购方单位代号" as counterparty_no,
        "金额" as net_amount,
        "税额" as tax_amount,
        "价税合计" as gross_amount,
        "发票状态" as status
    from read_parquet(getvariable('sales_file'))

    union all

    select
        'PURCHASE' as direction,
        "企业代号" as client_no,
        "发票号码" as invoice_no,
        "开票日期" as issued_on,
        "销方单位代号" as counterparty_no,
        "金额" as net_amount,
        "税额" as tax_amount,
        "价税合计" as gross_amount,
        "发票状态" as status
    from read_parquet(getvariable('purchase_file'))

)

select
    direction,
    client_no,
    invoice_no,
    issued_on,
    counterparty_no,
    cast(net_amount as decimal(18,2)) as net_amount,
    cast(tax_amount as decimal(18,2)) as tax_amount,
    cast(gross_amount as decimal(18,2)) as gross_amount,
    trim(status) as status,
    status <> trim(status) as has_blank_in_status
from delivered;

-- What each row is. A row that repeats another one in every column is a copy: an invoice number stands for one invoice,
-- and two files of one export overlap. A number that comes back with another date, amount or counterparty is another
-- invoice (numbers are unique only with the invoice code, which the files do not have): it stays and is counted. A
-- voided invoice never was a sale. A negative invoice takes back an earlier one: it counts with its sign.
create or replace temporary table invoice as
select
    *,
    case
        when copy_number > 1 then 'COPY'
        when status = '作废发票' then 'VOIDED'
        when status <> '有效发票' then 'UNKNOWN_STATUS'
        when gross_amount < 0 then 'REFUND'
        else 'VALID'
    end as invoice_class
from (
    select
        *,
        row_number() over (
            partition by
                direction, client_no, invoice_no, issued_on, counterparty_no, net_amount, tax_amount, gross_amount, status
        ) as copy_number
    from delivered_invoice
);

-- A firm is a client. Names are masked (seven firms are called ***商贸有限公司), so a name says the legal form and no
-- more; the firm's code is its identity. Nothing tells when the bank met a firm: its first invoice is the first day of
-- which anything is known of it, and all of it was written when the files were closed (at the month end: the flows of a
-- month cannot be written before it is over). Not in the files, and so not here: industry, employees, region,
-- registration. An industry guessed from what is left of a name would be a guess where the warehouse says UNKNOWN.
copy (
    select
        'CUMCM' as source_system,
        firm."企业代号" as client_no,
        cast(getvariable('as_of_date') as timestamp) as extracted_at,
        firm."企业名称" as client_name,
        case
            when firm."企业名称" like '%股份有限公司' then 'JOINT_STOCK'
            when firm."企业名称" like '%有限公司' or firm."企业名称" like '%有限责任公司' then 'LIMITED'
        end as org_type,
        first_invoice.issued_on as relationship_started_on,
        'FIRST_INVOICE' as x_relationship_started_basis
    from read_csv(getvariable('firm_file'), all_varchar = true, header = true) as firm
    left join (select client_no, min(issued_on) as issued_on from invoice group by client_no) as first_invoice
        on firm."企业代号" = first_invoice.client_no
    order by client_no
) to (getvariable('output_folder') || '/clients.parquet') (format parquet);

-- Four grades of the bank and four tiers of the warehouse, in the same order; the bank lends to A, B and C and never to
-- D. The letter itself must not pass: C of this bank is a firm that gets a loan, C of the INTERNAL scale is next to
-- default. Within its tier each grade takes a symbol near the share of firms in default (A 0 of 27, B 1 of 38, C 2 of
-- 34), the cautious one where the firms are too few to tell: A is AA- (mid PD 0.20 %), B is BBB- (1.7 %), C is B+
-- (4.8 %), D is D. The day of the rating is not in the files; they knew it when they were closed.
copy (
    select
        'CUMCM' as source_system,
        "企业代号" as client_no,
        'INTERNAL' as agency,
        'INTERNAL' as rating_scale,
        cast(getvariable('file_end_on') as date) as rated_on,
        cast(getvariable('as_of_date') as timestamp) as extracted_at,
        -- another letter passes as it is, and staging flags it
        case trim("信誉评级") when 'A' then 'AA-' when 'B' then 'BBB-' when 'C' then 'B+' else trim("信誉评级") end as symbol,
        'NEW' as action,
        "信誉评级" as x_delivered_rating
    from read_csv(getvariable('firm_file'), all_varchar = true, header = true)
    order by client_no
) to (getvariable('output_folder') || '/credit_ratings.parquet') (format parquet);

-- The flag has no date either: the default came before the files were closed, and they are the first to tell of it.
copy (
    select
        "企业代号" || '-DEFAULT' as event_no,
        'CUMCM' as source_system,
        "企业代号" as client_no,
        'DEFAULT' as event_type,
        cast(getvariable('file_end_on') as date) as occurred_on,
        cast(getvariable('file_end_on') as date) as known_on,
        cast(getvariable('as_of_date') as timestamp) as extracted_at,
        'END_OF_FILE' as x_occurred_on_basis
    from read_csv(getvariable('firm_file'), all_varchar = true, header = true)
    where trim("是否违约") = '是'
    order by event_no
) to (getvariable('output_folder') || '/credit_events.parquet') (format parquet);

-- Sales and purchases by firm and month, tax included: what the other side pays. Invoices stand in for account
-- movements; money comes days or months later, and sales without an invoice are not seen. Refunds are taken off in the
-- month in which they were written, so a month can end below zero: it is delivered as it is, and staging, which has no
-- use for a negative inflow, rejects and counts it.
-- The share of the largest counterparty is over counterparties with a positive sum, so that it stays within 0 and 1.
-- No TAX_OUT: the invoices tell what tax was charged, not what was paid. Output less input tax, the excess carried
-- forward, gives 693 million yuan where output less input gives 424: which input tax may be deducted, and who is a
-- small taxpayer that deducts none (33 firms never charge more than 5 %), is not in the files.
copy (
    with by_counterparty as (

        select
            direction,
            client_no,
            last_day(issued_on) as month_end,
            counterparty_no,
            sum(gross_amount) as gross_amount,
            sum(net_amount) as net_amount,
            sum(tax_amount) as tax_amount,
            sum(case when invoice_class = 'REFUND' then gross_amount else 0 end) as refund_amount,
            count(*) as invoices
        from invoice
        where invoice_class in ('VALID', 'REFUND')
        group by all

    )

    select
        'CUMCM' as source_system,
        client_no,
        month_end,
        case direction when 'SALES' then 'SALES_IN' else 'SUPPLIER_OUT' end as category,
        cast(getvariable('as_of_date') as timestamp) as extracted_at,
        cast(sum(gross_amount) as decimal(18,2)) as amount,
        cast(sum(invoices) as integer) as transactions,
        cast(count(*) as integer) as counterparties,
        cast(
            max(gross_amount) filter (where gross_amount > 0)
            / cast(sum(gross_amount) filter (where gross_amount > 0) as double) as decimal(9,6)
        ) as top_counterparty_share,
        cast(sum(net_amount) as decimal(18,2)) as x_net_amount,
        cast(sum(tax_amount) as decimal(18,2)) as x_tax_amount,
        cast(sum(refund_amount) as decimal(18,2)) as x_refund_amount
    from by_counterparty
    group by direction, client_no, month_end
    order by client_no, month_end, category
) to (getvariable('output_folder') || '/account_flows.parquet') (format parquet);

-- No financial_statements: a year of sales invoices is not a statement that anybody filed. Some exports end in October
-- 2019, others in February 2020, so a year would shrink because its export was cut; the report shows invoiced sales
-- with the months that carry them.

-- What became of every delivered invoice row.
copy (
    select
        direction,
        invoice_class,
        count(*) as delivered_rows,
        count(*) filter (where has_blank_in_status) as with_blank_in_status,
        count(*) filter (where abs(net_amount + tax_amount - gross_amount) > 0.01) as net_and_tax_differ_from_gross,
        cast(sum(gross_amount) as decimal(18,2)) as gross_amount
    from invoice
    group by direction, invoice_class
    order by direction, invoice_class
) to (getvariable('notes_folder') || '/invoice_rows.parquet') (format parquet);

-- Rows that a mapping could have read otherwise.
copy (
    with numbered as (

        select direction, client_no, invoice_no, count(*) as invoices
        from invoice
        where invoice_class <> 'COPY'
        group by direction, client_no, invoice_no
        having count(*) > 1

    ),

    named as (

        select "企业名称" as client_name, count(*) as firms
        from read_csv(getvariable('firm_file'), all_varchar = true, header = true)
        group by client_name

    )

    select
        'Invoice numbers that a firm has twice with another date, amount or counterparty' as what,
        cast(count(*) as integer) as found,
        'both kept' as rule
    from numbered
    union all
    select 'Masked names that several firms share', cast(count(*) as integer), 'firms stay apart: the code is the identity'
    from named
    where firms > 1
    union all
    select 'Firms that share a masked name', cast(coalesce(sum(firms), 0) as integer), 'firms stay apart: the code is the identity'
    from named
    where firms > 1
) to (getvariable('notes_folder') || '/mapping_notes.parquet') (format parquet);
