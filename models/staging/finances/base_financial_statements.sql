-- A statement in another unit is converted by the unit it names. One that names none and is about ten thousand times
-- off the filing known before it, or off the registered capital or the loans drawn by then, is suspect: it is flagged,
-- never converted, and kept out of ratios (is_ratio_usable). Only what was known on the day of filing is compared.
{%- set factor = unit_factor('amount_unit') %}
{%- set assets = "(cast(total_assets as double) * " ~ factor ~ " * cast(rate_end as double))" %}
{%- set previous = "lag(" ~ assets ~ ") over (partition by source_system, client_no, period_type, scope order by filed_on, period_end)" %}
{%- set off_by_ten_thousand = "between 9000 * " ~ assets ~ " and 11000 * " ~ assets %}
{%- set stocks = ['total_assets', 'current_assets', 'cash', 'total_liabilities', 'current_liabilities', 'short_term_debt', 'long_term_debt', 'equity'] %}
{%- set flows = ['revenue', 'ebitda', 'interest_expense', 'net_profit', 'operating_cash_flow', 'capital_expenditure', 'research_expense'] %}
{%- set extras = {} %}
{%- for column in flows %}{% do extras.update({column ~ '_amount': converted(column, 'rate_average', factor)}) %}{% endfor %}
{%- for column in stocks %}{% do extras.update({column ~ '_amount': converted(column, 'rate_end', factor)}) %}{% endfor %}
{%- do extras.update({'is_ratio_usable': 'check_3 is null and check_4 is null'}) %}
{{ judged_rows(
    'financial_statements',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']}
    ],
    lookups=fx_lookup('period_end') ~ """
    left join (
        select source_system, client_no, min(first_payroll_on) as first_payroll_on, min_by(registered_capital_amount, extracted_at) as registered_capital_amount
        from """ ~ ref('base_clients') ~ """
        where row_status = 'ACCEPTED'
        group by all
    ) as client
        on read_id(delivered.source_system) = client.source_system
        and read_id(delivered.client_no) = client.client_no
    """ ~ asof_left_join(
        "(select source_system, client_no, disbursed_on, sum(sum(principal_amount)) over (partition by source_system, client_no order by disbursed_on) as principal_amount from " ~ ref('base_loans') ~ " where row_status = 'ACCEPTED' group by source_system, client_no, disbursed_on)",
        'borrowed',
        ['read_id(delivered.source_system) = borrowed.source_system', 'read_id(delivered.client_no) = borrowed.client_no'],
        'read_date(delivered.filed_on) >= borrowed.disbursed_on'
    ),
    looked_up=dict(fx_columns(), first_payroll_on='client.first_payroll_on', registered_capital_amount='client.registered_capital_amount', loans_amount='borrowed.principal_amount'),
    extras=extras,
    checks=[
        {'code': 'Q_FX_MISSING', 'column': 'currency', 'effect': 'reject', 'when': fx_is_missing()},
        {'code': 'Q_ORDER', 'column': 'filed_on', 'effect': 'reject', 'when': 'filed_on < period_end'},
        {'code': 'S_BALANCE', 'column': 'total_assets', 'effect': 'flag', 'when': 'abs(total_assets - total_liabilities - equity) > 0.01 * abs(total_assets)'},
        {'code': 'S_UNIT', 'column': 'amount_unit', 'effect': 'flag', 'when': "amount_unit is null and total_assets > 0 and (" ~ previous ~ " " ~ off_by_ten_thousand ~ " or " ~ assets ~ " between 9000 * " ~ previous ~ " and 11000 * " ~ previous ~ " or registered_capital_amount " ~ off_by_ten_thousand ~ " or loans_amount " ~ off_by_ten_thousand ~ ")"},
        {'code': 'W_UNIT', 'column': 'amount_unit', 'effect': 'flag', 'when': "amount_unit <> 'YUAN'"},
        {'code': 'S_EMP', 'column': 'employees', 'effect': 'empty', 'when': "(employees = 0 and first_payroll_on <= filed_on) or employees < 0 or regexp_full_match(cast(employees as varchar), '9{6,}')"}
    ]
) }}
