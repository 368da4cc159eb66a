{{ rates_off_their_parts(ref('mart_segment_concentration'), [
    {'rate': 'book_share', 'numerator': 'exposure_amount', 'denominator': 'book_amount'},
    {'rate': 'top_ten_share', 'numerator': 'top_ten_amount', 'denominator': 'exposure_amount'},
]) }}
