{{ accepted_rows('client_relationships') }}
