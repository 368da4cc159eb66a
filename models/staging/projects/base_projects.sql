{{ judged_rows(
    'projects',
    parents=[
        {'table': 'clients', 'columns': ['borrower_source_system', 'borrower_client_no'], 'parent_columns': ['source_system', 'client_no'], 'optional': true},
        {'table': 'clients', 'columns': ['sponsor_source_system', 'sponsor_client_no'], 'parent_columns': ['source_system', 'client_no'], 'optional': true}
    ],
    lookups=fx_lookup('financial_close_on'),
    looked_up=fx_columns(),
    extras={
        'total_cost_amount': converted('total_cost', 'rate_end'),
        'debt_amount_converted': converted('debt_amount', 'rate_end'),
        'equity_amount_converted': converted('equity_amount', 'rate_end')
    },
    checks=[
        {'code': 'Q_FX_MISSING', 'column': 'currency', 'effect': 'flag', 'when': fx_is_missing()},
        {'code': 'Q_NEGATIVE', 'column': 'debt_amount', 'effect': 'empty', 'when': 'debt_amount < 0'},
        {'code': 'Q_NEGATIVE', 'column': 'total_cost', 'effect': 'empty', 'when': 'total_cost < 0'}
    ]
) }}
