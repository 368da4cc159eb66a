-- A reversal names the payment that it takes back and carries its amount as a positive number. A negative amount that
-- names one is the same thing written with a sign; one that names none is not understood.
{{ judged_rows(
    'payments',
    parents=[
        {'table': 'loans', 'columns': ['loan_no']}
    ],
    lookups="""
    left join (select loan_no, disbursed_on from """ ~ ref('base_loans') ~ """ where row_status = 'ACCEPTED') as loan
        on read_id(delivered.loan_no) = loan.loan_no""",
    overrides={
        'amount': {
            'value': 'case when read_id(delivered.reverses_payment_no) is not null then abs(read_money(delivered.amount)) else read_money(delivered.amount) end',
            'mark': "case when read_id(delivered.reverses_payment_no) is not null and read_money(delivered.amount) < 0 then 'W_REVERSAL' else mark_amount(delivered.amount, read_money(delivered.amount)) end"
        }
    },
    looked_up={'loan_disbursed_on': 'loan.disbursed_on'},
    extras={'signed_amount': 'case when reverses_payment_no is null then amount else -amount end'},
    checks=[
        {'code': 'Q_NEGATIVE', 'column': 'amount', 'effect': 'reject', 'when': 'amount < 0'},
        {'code': 'Q_ORDER', 'column': 'value_on', 'effect': 'reject', 'when': 'value_on < loan_disbursed_on'}
    ]
) }}
