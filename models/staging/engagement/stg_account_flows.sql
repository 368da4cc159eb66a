{{ accepted_rows('account_flows') }}
