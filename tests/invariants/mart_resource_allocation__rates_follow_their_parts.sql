{{ rates_off_their_parts(ref('mart_resource_allocation'), [
    {'rate': 'risk_adjusted_return', 'numerator': '12 * risk_adjusted_income_amount', 'denominator': 'capital_amount'},
]) }}
