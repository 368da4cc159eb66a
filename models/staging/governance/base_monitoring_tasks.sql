{{ judged_rows(
    'monitoring_tasks',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']}
    ]
) }}
