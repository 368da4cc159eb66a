{{ accepted_rows('credit_events') }}
