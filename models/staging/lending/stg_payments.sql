{{ accepted_rows('payments') }}
