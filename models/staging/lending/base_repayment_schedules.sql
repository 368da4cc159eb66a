{{ judged_rows(
    'repayment_schedules',
    parents=[
        {'table': 'loans', 'columns': ['loan_no']}
    ],
    checks=[
        {'code': 'Q_NEGATIVE', 'column': 'principal_due', 'effect': 'reject', 'when': 'principal_due < 0 or interest_due < 0'}
    ]
) }}
