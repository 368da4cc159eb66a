{{ judged_rows(
    'loan_applications',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']}
    ],
    lookups=fx_lookup('submitted_at'),
    looked_up=fx_columns(),
    extras={
        'requested_amount_converted': converted('requested_amount', 'rate_end'),
        'approved_amount_converted': converted('approved_amount', 'rate_end')
    },
    checks=[
        {'code': 'Q_FX_MISSING', 'column': 'currency', 'effect': 'reject', 'when': fx_is_missing()},
        {'code': 'Q_NEGATIVE', 'column': 'requested_amount', 'effect': 'reject', 'when': 'requested_amount < 0'},
        {'code': 'Q_ORDER', 'column': 'decided_at', 'effect': 'reject', 'when': 'decided_at < submitted_at'},
        {'code': 'Q_ORDER', 'column': 'completed_at', 'effect': 'empty', 'when': 'completed_at < submitted_at'}
    ]
) }}
