{{ judged_rows(
    'marketing_costs',
    checks=[
        {'code': 'Q_NEGATIVE', 'column': 'cost', 'effect': 'reject', 'when': 'cost < 0'}
    ]
) }}
