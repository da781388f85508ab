"""The compliance pre-check: rule packs as data, a pure engine over text, reports with spans and bases."""
