-- A unified social credit code (GB 32100-2015) that fails its check digit is flagged and kept: genuine early codes
-- fail it (domain.md section 5d). O and I are read as 0 and 1 only where the check digit then holds.
{{ judged_rows(
    'client_identifiers',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']}
    ],
    lookups="""
    cross join lateral (select upper(read_id(delivered.identifier_value)) as typed_value, read_code(delivered.identifier_type) as typed_type) as identifier
    cross join lateral (
        select
            translate(identifier.typed_value, 'OI', '01') as repaired_value,
            -- the numbers that were in use before the credit code, delivered under its name
            case
                when identifier.typed_type = 'USCC' and regexp_full_match(identifier.typed_value, '[0-9]{15}') then 'REG_NO'
                when identifier.typed_type = 'USCC' and regexp_full_match(identifier.typed_value, '[0-9A-Z]{8}-?[0-9X]') then 'ORG_CODE'
                else identifier.typed_type
            end as meant_type
    ) as repair""",
    overrides={
        'identifier_type': {
            'value': 'repair.meant_type',
            'mark': "case when repair.meant_type <> identifier.typed_type then 'W_ID_MOVED' else mark_code(delivered.identifier_type, identifier.typed_type, ['USCC', 'ORG_CODE', 'REG_NO', 'TAX_NO', 'LEI']) end"
        },
        'identifier_value': {
            'value': "case when repair.meant_type = 'USCC' and not uscc_is_valid(identifier.typed_value) and uscc_is_valid(repair.repaired_value) then repair.repaired_value else replace(identifier.typed_value, '-', '') end",
            'mark': "case when repair.meant_type = 'USCC' and identifier.typed_value is not null and not uscc_is_valid(identifier.typed_value) then case when uscc_is_valid(repair.repaired_value) then 'W_USCC_FIXED' when uscc_has_shape(identifier.typed_value) then 'S_USCC_CHECK' else 'S_USCC' end else mark_code(delivered.identifier_value, identifier.typed_value, []) end"
        }
    },
    looked_up={
        'is_valid_uscc': "coalesce(identifier.typed_type = 'USCC' and (uscc_is_valid(identifier.typed_value) or uscc_is_valid(repair.repaired_value)), false)"
    },
    checks=[
        {'code': 'Q_ORDER', 'column': 'valid_to', 'effect': 'empty', 'when': 'valid_to < valid_from'}
    ]
) }}
