-- A negative principal with its positive twin (same client, day and amount) is a booking and its reversal: both are
-- taken out together. A rate written as a multiple of a benchmark ("上浮30%", "1.3倍") is converted with the loan prime
-- rate of the day of disbursement, and marked.
{%- set twin = "partition by source_system, client_no, disbursed_on, abs(principal)" %}
{#- bookings and reversals pair off one to one, cancelled loans first; a copy of a row counts once -#}
{%- set place = "dense_rank() over (" ~ twin ~ ", principal < 0 order by case when status = 'CANCELLED' then 0 else 1 end, loan_no)" %}
{%- set reversals = "count(distinct case when principal < 0 then loan_no end) over (" ~ twin ~ ")" %}
{%- set bookings = "count(distinct case when principal > 0 then loan_no end) over (" ~ twin ~ ")" %}
{%- set has_twin = "(" ~ place ~ " <= least(" ~ reversals ~ ", " ~ bookings ~ "))" %}
{{ judged_rows(
    'loans',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']},
        {'table': 'facilities', 'columns': ['facility_no'], 'optional': true},
        {'table': 'loan_applications', 'columns': ['application_no'], 'optional': true},
        {'table': 'projects', 'columns': ['project_no'], 'optional': true}
    ],
    lookups=fx_lookup('disbursed_on') ~ """
    left join """ ~ ref('stg_loan_prime_rate') ~ """ as prime
        on prime.tenor = coalesce(read_code(delivered.lpr_tenor), case when """ ~ month_number('read_date(delivered.matures_on)') ~ " - " ~ month_number('read_date(delivered.disbursed_on)') ~ """ > 60 then '5Y' else '1Y' end)
        and prime.valid_from <= read_date(delivered.disbursed_on)
        and prime.valid_to > read_date(delivered.disbursed_on)
    left join (
        select source_system, client_no, min(status_changed_on) as ended_on
        from """ ~ ref('base_clients') ~ """
        where row_status = 'ACCEPTED' and status in ('CANCELLED', 'REVOKED')
        group by all
    ) as ended_client
        on read_id(delivered.source_system) = ended_client.source_system
        and read_id(delivered.client_no) = ended_client.client_no""",
    overrides={
        'rate': {
            'value': "coalesce(read_rate(delivered.rate), cast(rate_multiple(delivered.rate) * prime.rate as decimal(9,6)))",
            'mark': "case when rate_multiple(delivered.rate) is not null and prime.rate is not null then 'W_RATE' else mark_fraction(delivered.rate, read_rate(delivered.rate)) end"
        }
    },
    looked_up=dict(fx_columns(), client_ended_on='ended_client.ended_on'),
    extras={
        'principal_amount': converted('principal', 'rate_end'),
        'written_off_amount_converted': converted('written_off_amount', 'rate_end')
    },
    checks=[
        {'code': 'Q_FX_MISSING', 'column': 'currency', 'effect': 'reject', 'when': fx_is_missing()},
        {'code': 'Q_ORDER', 'column': 'matures_on', 'effect': 'reject', 'when': 'matures_on < disbursed_on'},
        {'code': 'Q_ORDER', 'column': 'closed_on', 'effect': 'empty', 'when': 'closed_on < disbursed_on'},
        {'code': 'Q_ORDER', 'column': 'written_off_on', 'effect': 'empty', 'when': 'written_off_on < disbursed_on'},
        {'code': 'Q_ZERO', 'column': 'principal', 'effect': 'reject', 'when': 'principal = 0'},
        {'code': 'W_REVERSAL', 'column': 'principal', 'effect': 'reject', 'when': has_twin},
        {'code': 'Q_NEGATIVE', 'column': 'principal', 'effect': 'reject', 'when': "principal < 0 and not " ~ has_twin},
        {'code': 'S_STATUS', 'column': 'status', 'effect': 'flag', 'when': "disbursed_on > client_ended_on or (status = 'LIVE' and closed_on is not null) or (status = 'WRITTEN_OFF' and written_off_on is null)"}
    ]
) }}
