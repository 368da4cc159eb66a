{{ rates_off_their_parts(ref('mart_market_share'), [
    {'rate': 'market_share', 'numerator': 'own_balance_then_amount', 'denominator': 'market_balance_amount', 'hidden_when': 'own_balance_then_amount is null'},
    {'rate': 'quality_market_share', 'numerator': 'own_quality_balance_then_amount', 'denominator': 'market_quality_balance_amount', 'hidden_when': 'own_quality_balance_then_amount is null'},
]) }}
