"""The knowledge base: documents, chunks, index and search. Knows nothing of customers or conversations."""
