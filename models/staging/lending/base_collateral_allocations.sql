{{ judged_rows(
    'collateral_allocations',
    parents=[
        {'table': 'collaterals', 'columns': ['collateral_no']},
        {'table': 'loans', 'columns': ['loan_no']}
    ]
) }}
