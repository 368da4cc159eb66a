{{ accepted_rows('digital_events') }}
