"""Paper that is printed here: packets for a list, and the codes on it."""
