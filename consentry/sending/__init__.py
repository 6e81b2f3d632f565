"""What leaves by the doors: made ready in the store, sent with retries, recorded as sent."""
