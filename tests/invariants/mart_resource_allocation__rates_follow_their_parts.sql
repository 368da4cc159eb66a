{{ rates_off_their_parts(ref('mart_resource_allocation'), [
    {'rate': 'return_before_effort', 'numerator': '12 * risk_adjusted_revenue_amount', 'denominator': 'capital_amount'},
    {'rate': 'risk_adjusted_return', 'numerator': '12 * risk_adjusted_income_amount', 'denominator': 'capital_amount', 'hidden_when': 'risk_adjusted_income_amount is null'},
]) }}
