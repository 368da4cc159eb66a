{{ judged_rows(
    'collaterals',
    lookups=fx_lookup('valued_on'),
    looked_up=fx_columns(),
    extras={'value_amount_converted': converted('value_amount', 'rate_end')},
    checks=[
        {'code': 'Q_FX_MISSING', 'column': 'currency', 'effect': 'reject', 'when': fx_is_missing()},
        {'code': 'Q_NEGATIVE', 'column': 'value_amount', 'effect': 'reject', 'when': 'value_amount < 0'}
    ]
) }}
