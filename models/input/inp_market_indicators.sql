{{ input_view('market_indicators') }}
