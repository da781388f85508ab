"""How a customer moved between segments, with the figures before and after: why she went from 活跃 to 预警."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from prompts.datafile import Frozen
from tools.segments.policy import Policy
from tools.segments.snapshots import Snapshot


class FigureChange(Frozen):
    """One figure behind a move, by its name in the policy, as text ready to show."""

    name: str
    label: str
    before: str
    after: str


class Step(Frozen):
    """One segment that changed; ``what`` is lifecycle, value_class, rfm or tier, the rest is in words."""

    what: str
    before: str
    after: str


class Move(Frozen):
    """What changed for a customer between two snapshots, the figures that changed with it, and the warnings."""

    since: date
    on: date
    steps: tuple[Step, ...]
    figures: tuple[FigureChange, ...] = ()
    signals: tuple[str, ...] = ()

    def line(self, policy: Policy) -> str:
        """The steps alone, in words."""
        say = policy.moves
        steps = "；".join(
            say["step"].format(what=say[s.what], before=s.before, after=s.after) for s in self.steps
        )
        return say["line"].format(day=self.on, since=self.since, steps=steps)

    def explained(self, policy: Policy) -> str:
        """The steps with what caused them: the warnings, and the figures that those segments are made of."""
        behind = {name for step in self.steps for name in policy.causes[step.what]}
        figures = [policy.moves["figure"].format(**f.model_dump()) for f in self.figures if f.name in behind]
        return "；".join((self.line(policy), *self.signals, *figures))


def moves(history: Sequence[Snapshot], policy: Policy) -> tuple[Move, ...]:
    """Every move within ``history`` (newest first), newest first."""
    between = (_between(before, after, policy) for after, before in pairwise(history))
    return tuple(move for move in between if move.steps)


def labels(snapshot: Snapshot, policy: Policy) -> dict[str, str]:
    """The segments of one day by what they are of, in Chinese words."""
    found = {
        "lifecycle": policy.lifecycle_label(snapshot.lifecycle),
        "value_class": policy.labels["value_class"][snapshot.value_class],
        "rfm": snapshot.rfm.segment,
    }
    return found | ({"tier": policy.tier_label(snapshot.tier)} if snapshot.tier else {})


def render_history(history: Sequence[Snapshot], policy: Policy) -> str:
    """The moves as lines, or since when nothing has changed."""
    say = policy.moves
    if not history:
        return say["none"]
    lines = []
    for move in moves(history, policy):
        lines.append(move.line(policy))
        lines += [f"  {say['figure'].format(**change.model_dump())}" for change in move.figures]
        lines += [f"  {say['signal'].format(signal=signal)}" for signal in move.signals]
    if not lines:
        now = "、".join(labels(history[0], policy).values())
        return say["steady"].format(since=history[-1].as_of, labels=now)
    return "\n".join(lines)


def _between(before: Snapshot, after: Snapshot, policy: Policy) -> Move:
    old, new = labels(before, policy), labels(after, policy)
    was, now = _figures(before), _figures(after)
    return Move(
        since=before.as_of,
        on=after.as_of,
        steps=tuple(
            Step(what=what, before=old[what], after=new[what])
            for what in new
            if what in old and new[what] != old[what]
        ),
        figures=tuple(
            FigureChange(name=name, label=policy.figures[name], before=was[name], after=now[name])
            for name in now
            if name in was and was[name] != now[name]
        ),
        signals=after.signals(policy),
    )


def _figures(snapshot: Snapshot) -> dict[str, str]:
    rfm, figures = snapshot.rfm, snapshot.figures
    shown = {
        "recency_days": f"{rfm.recency_days}",
        "transactions": f"{rfm.transactions_12m}",
        "amount": f"{rfm.amount_12m:,.0f}",
        "recent": f"{figures.recent}",
        "credit_recent": f"{figures.credit_recent:,.0f}",
        "scores": f"{rfm.recency}/{rfm.frequency}/{rfm.monetary}",
    }
    return shown | ({"assets": f"{figures.assets:,.0f}"} if figures.assets is not None else {})
