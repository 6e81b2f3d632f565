"""Taking in: files, lists, enrollment and blank forms as they arrive by any door."""
