{{ judged_rows(
    'crm_interactions',
    parents=[
        {'table': 'clients', 'columns': ['source_system', 'client_no']}
    ]
) }}
