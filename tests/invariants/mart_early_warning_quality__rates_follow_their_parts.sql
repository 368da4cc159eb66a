{{ rates_off_their_parts(ref('mart_early_warning_quality'), [
    {'rate': 'precision_rate', 'numerator': 'correct_warnings', 'denominator': 'mature_warnings', 'hidden_when': 'mature_warnings < minimum_cell'},
    {'rate': 'base_rate', 'numerator': 'defaulted', 'denominator': 'performing', 'hidden_when': 'not is_mature or performing < minimum_cell'},
    {'rate': 'lift', 'numerator': '(cast(correct_warnings as double) * performing)', 'denominator': '(cast(mature_warnings as double) * defaulted)', 'hidden_when': 'mature_warnings < minimum_cell'},
    {'rate': 'recall_rate', 'numerator': 'flagged_defaulted', 'denominator': 'defaulted', 'hidden_when': 'observed = 0 or defaulted < minimum_cell'},
    {'rate': 'flagged_default_rate', 'numerator': 'flagged_defaulted', 'denominator': 'flagged', 'hidden_when': 'not is_mature or flagged < minimum_cell'},
    {'rate': 'false_positive_rate', 'numerator': 'flagged_not_defaulted', 'denominator': 'not_defaulted', 'hidden_when': 'observed = 0 or not_defaulted < minimum_cell'},
    {'rate': 'decisive_default_rate', 'numerator': 'decisive_defaulted', 'denominator': 'decisive', 'hidden_when': 'not is_mature or decisive < minimum_cell'},
]) }}
