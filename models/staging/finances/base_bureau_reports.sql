{{ judged_rows(
    'bureau_reports',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']}
    ],
    checks=[
        {'code': 'Q_NEGATIVE', 'column': 'other_debt', 'effect': 'empty', 'when': 'other_debt < 0'}
    ]
) }}
