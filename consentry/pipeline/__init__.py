"""The work on what was taken in: workers, reading pages, joining them, settling submissions, recording rulings."""
