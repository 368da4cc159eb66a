{{ rates_off_their_parts(ref('mart_early_warning_signal'), [
    {'rate': 'precision_rate', 'numerator': 'correct_warnings', 'denominator': 'mature_warnings', 'hidden_when': 'mature_warnings < minimum_cell'},
    {'rate': 'base_rate', 'numerator': 'expected_defaults', 'denominator': 'mature_warnings', 'hidden_when': 'mature_warnings < minimum_cell'},
    {'rate': 'lift', 'numerator': 'correct_warnings', 'denominator': 'expected_defaults', 'hidden_when': 'mature_warnings < minimum_cell'},
    {'rate': 'recall_rate', 'numerator': 'flagged_defaulted', 'denominator': 'defaulted', 'hidden_when': 'defaulted < minimum_cell'},
    {'rate': 'false_positive_rate', 'numerator': 'flagged_not_defaulted', 'denominator': 'not_defaulted', 'hidden_when': 'not_defaulted < minimum_cell'},
    {'rate': 'decisive_default_rate', 'numerator': 'decisive_defaulted', 'denominator': 'decisive', 'hidden_when': 'decisive < minimum_cell'},
]) }}
