{{ judged_rows(
    'account_flows',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']}
    ],
    checks=[
        {'code': 'Q_NEGATIVE', 'column': 'amount', 'effect': 'reject', 'when': 'amount < 0'}
    ]
) }}
