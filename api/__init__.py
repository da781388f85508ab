"""The doors: HTTP, AG-UI, OpenAI-compatible, MCP, console and widget. Holds no business rule."""
