"""The review queue as a person works it: what is shown, claimed, keyed, decided, taken back."""
