"""Proving it: traces, bundles, heads of the ledger."""
