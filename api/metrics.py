"""What the service measures, in a registry of its own: several applications can live in one process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from assistant.events import Event, Notice, ToolFinished, TurnFinished

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Requests, turns, tools and tokens. Labels hold names of ours only, never a person's."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.requests = Counter(
            "rm_http_requests_total", "Requests", ("method", "route", "status"), registry=registry
        )
        self.latency = Histogram(
            "rm_http_request_seconds",
            "Time to the last byte",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge("rm_http_requests_in_flight", "Requests being answered", registry=registry)
        self.turns = Counter("rm_turns_total", "Finished turns", ("model",), registry=registry)
        self.first_text = Histogram(
            "rm_turn_first_text_seconds", "Time to the first text", buckets=_SECONDS, registry=registry
        )
        self.tools = Counter("rm_tool_calls_total", "Tool calls", ("tool", "status"), registry=registry)
        self.tokens = Counter("rm_tokens_total", "Tokens", ("direction",), registry=registry)
        self.notices = Counter("rm_notices_total", "Notices shown beside answers", registry=registry)
        self.refused = Counter("rm_refused_sign_ins_total", "Refused sign-ins", ("code",), registry=registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. An invented method counts as OTHER: labels must stay few."""
        known = method if method in ("GET", "POST", "PATCH", "DELETE", "OPTIONS", "HEAD", "PUT") else "OTHER"
        self.requests.labels(known, route, str(status)).inc()
        self.latency.labels(route).observe(seconds)

    def note(self, event: Event) -> None:
        """Count what a turn did."""
        if isinstance(event, ToolFinished):
            self.tools.labels(event.call.name, event.call.status).inc()
        elif isinstance(event, Notice):
            self.notices.inc()
        elif isinstance(event, TurnFinished):
            self.turns.labels(event.reply.model).inc()
            self.tokens.labels("input").inc(event.reply.usage.input_tokens)
            self.tokens.labels("output").inc(event.reply.usage.output_tokens)

    def text(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self._registry)
