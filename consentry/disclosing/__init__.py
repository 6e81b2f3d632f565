"""What leaves the house, recorded first: access sets, reports, feed, glance page, families' accounts, incidents."""
