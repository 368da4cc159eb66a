{{ judged_rows(
    'segment_overrides',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']}
    ]
) }}
