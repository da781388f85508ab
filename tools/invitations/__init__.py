"""Invitation drafts per channel and persona: only given facts, always checked before they leave."""
