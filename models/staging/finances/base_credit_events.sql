{{ judged_rows(
    'credit_events',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']},
        {'table': 'loans', 'columns': ['loan_no'], 'optional': true}
    ],
    checks=[
        {'code': 'Q_ORDER', 'column': 'known_on', 'effect': 'empty', 'when': 'known_on < occurred_on'}
    ]
) }}
