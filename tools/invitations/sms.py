"""Length of a short message as networks bill it."""

SINGLE, PART = (
    70,
    67,
)  # UCS-2 units in one message, and in each part of a long one (3GPP TS 23.040, 6-octet header)


def segments(text: str) -> int:
    """How many messages ``text`` is sent as; a character outside the BMP counts twice."""
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= SINGLE else -(-units // PART)
