{{ accepted_rows('collaterals') }}
