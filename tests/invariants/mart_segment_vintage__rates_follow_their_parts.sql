{{ rates_off_their_parts(ref('mart_segment_vintage'), [
    {'rate': 'ever_30_rate', 'numerator': 'ever_30_loans', 'denominator': 'loans', 'hidden_when': 'is_suppressed or not is_observable'},
    {'rate': 'ever_90_rate', 'numerator': 'ever_90_loans', 'denominator': 'loans', 'hidden_when': 'is_suppressed or not is_observable'},
    {'rate': 'defaulted_rate', 'numerator': 'defaulted_loans', 'denominator': 'loans', 'hidden_when': 'is_suppressed or not is_observable'},
]) }}
