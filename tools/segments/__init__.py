"""Segments computed from assets, transactions and life data, with the evidence for each."""
