"""What the assistant can do: plain functions over typed values, one definition for every door."""
