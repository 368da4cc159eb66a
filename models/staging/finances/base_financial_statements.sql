-- A statement in another unit is converted by the unit it names. One that names none and is ten thousand times the
-- period before it is suspect: it is flagged, never converted, and kept out of ratios (is_ratio_usable).
{%- set previous = "lag(total_assets) over (partition by source_system, client_no, period_type, scope order by period_end, filed_on)" %}
{%- set factor = unit_factor('amount_unit') %}
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
    lookups=fx_lookup('period_end'),
    looked_up=fx_columns(),
    extras=extras,
    checks=[
        {'code': 'Q_FX_MISSING', 'column': 'currency', 'effect': 'reject', 'when': fx_is_missing()},
        {'code': 'Q_ORDER', 'column': 'filed_on', 'effect': 'reject', 'when': 'filed_on < period_end'},
        {'code': 'S_BALANCE', 'column': 'total_assets', 'effect': 'flag', 'when': 'abs(total_assets - total_liabilities - equity) > 0.01 * abs(total_assets)'},
        {'code': 'S_UNIT', 'column': 'amount_unit', 'effect': 'flag', 'when': "amount_unit is null and total_assets > 0 and " ~ previous ~ " > 0 and greatest(total_assets, " ~ previous ~ ") between 9000 * least(total_assets, " ~ previous ~ ") and 11000 * least(total_assets, " ~ previous ~ ")"},
        {'code': 'W_UNIT', 'column': 'amount_unit', 'effect': 'flag', 'when': "amount_unit <> 'YUAN'"}
    ]
) }}
