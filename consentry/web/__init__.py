"""The web pages: doors, rules of who may see what, and a page for each person. They call what the commands call."""
