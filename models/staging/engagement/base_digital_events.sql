-- A visitor who is not known stays in the funnel without a client.
{{ judged_rows(
    'digital_events',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no'], 'optional': true}
    ],
    duplicate_code='D_EVENT'
) }}
