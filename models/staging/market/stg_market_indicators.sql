{{ accepted_rows('market_indicators') }}
