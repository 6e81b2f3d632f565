"""The commands by theme; `consentry.cli` puts them together."""
