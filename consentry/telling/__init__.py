"""What partners are told, and when."""
