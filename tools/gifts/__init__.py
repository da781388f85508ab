"""Gift advice from a catalogue in stock, a policy with limits, and the law."""
