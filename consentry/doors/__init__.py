"""The doors: where partners' files come in and where what is for them goes out. Each is one implementation of one port."""
