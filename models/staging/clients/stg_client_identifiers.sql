{{ accepted_rows('client_identifiers') }}
