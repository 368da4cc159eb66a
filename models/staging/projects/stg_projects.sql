{{ accepted_rows('projects') }}
