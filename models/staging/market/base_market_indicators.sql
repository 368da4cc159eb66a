{{ judged_rows(
    'market_indicators',
    checks=[
        {'code': 'Q_ORDER', 'column': 'released_on', 'effect': 'reject', 'when': 'released_on < period_end'}
    ]
) }}
