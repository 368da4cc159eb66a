{{ judged_rows(
    'loan_month_ends',
    parents=[
        {'table': 'loans', 'columns': ['loan_no']}
    ],
    checks=[
        {'code': 'Q_NEGATIVE', 'column': 'outstanding_principal', 'effect': 'reject', 'when': 'outstanding_principal < 0 or overdue_amount < 0 or days_past_due < 0'}
    ]
) }}
