-- A name that was read in the wrong encoding is lost. The row stays when a valid unified social credit code says who
-- the client is, else nobody can tell.
-- An employee count of zero beside paid wages, or of nines, is a placeholder.
{{ judged_rows(
    'clients',
    lookups="""
    left join """ ~ ref('stg_industry_code') ~ """ as industry
        on delivered.industry_code = industry.delivered_code
        and delivered.industry_code_system is not distinct from industry.delivered_system
        and delivered.industry_code_edition is not distinct from industry.delivered_edition
    left join (
        select distinct read_id(source_system) as source_system, read_id(client_no) as client_no
        from """ ~ ref('inp_client_identifiers') ~ """
        where uscc_is_valid(upper(read_id(identifier_value)))
    ) as known_by_code
        on read_id(delivered.source_system) = known_by_code.source_system
        and read_id(delivered.client_no) = known_by_code.client_no
    left join (
        select read_id(source_system) as source_system, read_id(client_no) as client_no, min(read_date(month_end)) as first_payroll_on
        from """ ~ ref('inp_account_flows') ~ """
        where read_code(category) = 'PAYROLL_OUT' and read_money(amount) > 0
        group by all
    ) as payroll
        on read_id(delivered.source_system) = payroll.source_system
        and read_id(delivered.client_no) = payroll.client_no
    cross join """ ~ ref('stg_reporting_window') ~ """ as frame""",
    overrides={
        'client_name': {
            'value': 'case when not is_unreadable(delivered.client_name) then read_name(delivered.client_name) end',
            'mark': "case when is_unreadable(delivered.client_name) then case when known_by_code.client_no is not null then 'W_NAME_UNREADABLE' else 'Q_ENCODING' end else mark_name(delivered.client_name, read_name(delivered.client_name)) end"
        },
        'extracted_at': {
            'value': 'coalesce(read_timestamp(delivered.extracted_at), cast(read_date(delivered.relationship_started_on) as timestamp), cast(frame.first_month as timestamp))',
            'mark': 'mark_timestamp(delivered.extracted_at, read_timestamp(delivered.extracted_at))'
        },
        'industry_code': {'value': 'industry.cleaned_code', 'mark': 'industry.mark'}
    },
    looked_up={
        'resolved_industry_system': 'industry.resolved_system',
        'resolved_industry_edition': 'industry.resolved_edition',
        'resolved_industry_code': 'industry.resolved_code',
        'first_payroll_on': 'payroll.first_payroll_on'
    },
    extras={
        'registered_capital_amount': 'cast(registered_capital * ' ~ unit_factor('registered_capital_unit') ~ ' as decimal(18,2))'
    },
    checks=[
        {'code': 'Q_TEST', 'column': 'client_name', 'effect': 'reject', 'when': """exists (
            select 1
            from """ ~ ref('rule_test_client') ~ """ as test_client
            where (test_client.attribute = 'CLIENT_NAME' and test_client.match_kind = 'CONTAINS' and contains(lower(examined.client_name), test_client.pattern))
                or (test_client.attribute = 'CLIENT_NAME' and test_client.match_kind = 'WORDS' and contains(' ' || lower(examined.client_name) || ' ', ' ' || test_client.pattern || ' '))
                or (test_client.attribute = 'CLIENT_NAME' and test_client.match_kind = 'EQUALS' and lower(examined.client_name) = test_client.pattern)
                or (test_client.attribute = 'CLIENT_NO' and test_client.match_kind = 'EQUALS' and examined.client_no = test_client.pattern)
        )"""},
        {'code': 'S_EMP', 'column': 'employees', 'effect': 'empty', 'when': "(employees = 0 and first_payroll_on <= cast(extracted_at as date)) or employees < 0 or regexp_full_match(cast(employees as varchar), '9{6,}')"},
        {'code': 'S_STATUS', 'column': 'status_changed_on', 'effect': 'flag', 'when': "status_changed_on < relationship_started_on and status <> 'ACTIVE'"}
    ],
    may_be_empty={'client_name': "read_client_name = 'W_NAME_UNREADABLE'"}
) }}
