{{ judged_rows(
    'satisfaction_surveys',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']}
    ],
    checks=[
        {'code': 'Q_RANGE', 'column': 'nps', 'effect': 'empty', 'when': 'nps not between 0 and 10'},
        {'code': 'Q_RANGE', 'column': 'csat', 'effect': 'empty', 'when': 'csat not between 1 and 5'}
    ]
) }}
