{{ accepted_rows('loans') }}
