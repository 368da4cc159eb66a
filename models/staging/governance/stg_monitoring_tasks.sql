{{ accepted_rows('monitoring_tasks') }}
