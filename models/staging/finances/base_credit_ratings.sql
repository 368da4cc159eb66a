-- Symbols are matched as written first (the case of Moody's symbols carries meaning), then in capitals. A symbol that
-- its scale does not have is kept and flagged. A rating that nothing has renewed for a year is flagged as stale.
{{ judged_rows(
    'credit_ratings',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']}
    ],
    lookups="""
    cross join lateral (select replace(read_text(delivered.symbol), ' ', '') as typed_symbol) as written
    left join """ ~ ref('ref_rating_symbol') ~ """ as as_written
        on read_code(delivered.rating_scale) = as_written.rating_scale and written.typed_symbol = as_written.symbol
    left join """ ~ ref('ref_rating_symbol') ~ """ as in_capitals
        on read_code(delivered.rating_scale) = in_capitals.rating_scale and upper(written.typed_symbol) = in_capitals.symbol""",
    overrides={
        'symbol': {
            'value': 'coalesce(as_written.symbol, in_capitals.symbol, written.typed_symbol)',
            'mark': "case when delivered.symbol is null then null when written.typed_symbol is null then 'W_NULLED' when as_written.symbol is null and in_capitals.symbol is null then 'S_RATING' when coalesce(as_written.symbol, in_capitals.symbol) <> cast(delivered.symbol as varchar) then 'W_RATING' end"
        }
    },
    looked_up={'is_known_symbol': 'coalesce(as_written.symbol, in_capitals.symbol) is not null'},
    checks=[
        {'code': 'Q_REQUIRED', 'column': 'symbol', 'effect': 'reject', 'when': 'symbol is null and score is null'},
        {'code': 'Q_ORDER', 'column': 'valid_to', 'effect': 'empty', 'when': 'valid_to < rated_on'},
        {'code': 'S_STALE', 'column': 'rated_on', 'effect': 'flag', 'when': months_later('rated_on', 12) ~ " < reporting_as_of_date and rated_on = max(rated_on) over (partition by source_system, client_no)"}
    ]
) }}
