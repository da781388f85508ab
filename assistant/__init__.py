"""The conversation: settings, agent, models, guards, transcript and audit. Knows nothing of HTTP."""
