"""Customers and their book: who may see whom is decided here and nowhere else."""
