"""The benches: each prints its figures as JSON."""
