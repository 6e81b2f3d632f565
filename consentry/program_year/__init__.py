"""The partner's year: the year as data, its opening, agreements under review, what waits on what."""
