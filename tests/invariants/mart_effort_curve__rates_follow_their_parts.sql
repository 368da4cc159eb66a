{{ rates_off_their_parts(ref('mart_effort_curve'), [
    {'rate': 'effort_share', 'numerator': 'effort_amount', 'denominator': 'total_effort_amount'},
    {'rate': 'value_share', 'numerator': 'value_amount', 'denominator': 'total_value_amount'},
    {'rate': 'cumulative_effort_share', 'numerator': 'cumulative_effort_amount', 'denominator': 'total_effort_amount'},
    {'rate': 'cumulative_value_share', 'numerator': 'cumulative_value_amount', 'denominator': 'total_value_amount'},
]) }}
