{{ judged_rows(
    'client_relationships',
    parents=[
        {'table': 'clients', 'columns': ['from_source_system', 'from_client_no'], 'parent_columns': ['source_system', 'client_no']},
        {'table': 'clients', 'columns': ['to_source_system', 'to_client_no'], 'parent_columns': ['source_system', 'client_no']}
    ],
    checks=[
        {'code': 'Q_ORDER', 'column': 'valid_to', 'effect': 'empty', 'when': 'valid_to < valid_from'}
    ]
) }}
