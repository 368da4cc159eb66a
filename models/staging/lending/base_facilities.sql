{{ judged_rows(
    'facilities',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']},
        {'table': 'loan_applications', 'columns': ['application_no'], 'optional': true}
    ],
    lookups=fx_lookup('started_on'),
    looked_up=fx_columns(),
    extras={'limit_amount_converted': converted('limit_amount', 'rate_end')},
    checks=[
        {'code': 'Q_FX_MISSING', 'column': 'currency', 'effect': 'reject', 'when': fx_is_missing()},
        {'code': 'Q_NEGATIVE', 'column': 'limit_amount', 'effect': 'reject', 'when': 'limit_amount < 0'},
        {'code': 'Q_ORDER', 'column': 'expires_on', 'effect': 'reject', 'when': 'expires_on < started_on'}
    ]
) }}
