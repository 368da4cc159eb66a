{{ accepted_rows('clients') }}
