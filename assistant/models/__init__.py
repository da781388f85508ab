"""The chat models an agent can run on: our own, and any OpenAI-compatible server."""
