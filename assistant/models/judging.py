"""What a message is: a request of ours, one that must be declined, or small talk. Words and learned models decide."""

import re
from dataclasses import dataclass

from assistant.models.asked import Requests
from assistant.models.intents import TOOL_INTENTS, WITH_KINDS, IntentModel
from assistant.models.people import Known, People
from assistant.models.slots import Slots
from assistant.models.turns import Turned
from assistant.models.words import Lexicon

WRITTEN = re.compile(
    r"手册|知识库|制度|规定|政策(?!解读)|(?:礼品|活动|社区|信用卡|营销)?(?:方案|计划|资料)(?=里|中|上|那份|讲|说|提|写)"
)
UNSAFE_AROUND_COPY = ("evade", "hide_risk", "export", "injection", "others_customers", "impersonation")
_SURE = 0.55
LIKELY = 0.45
_RATHER, _CLEARLY, _BEYOND_DOUBT = 30.0, 60.0, 200.0  # scores of the request model
_DOUBTED, SURELY_OURS = 0.06, 0.8  # words of other business are not heard where the model finds so little
_TOLD_UNSAFE = 0.5
HINTED = 0.25
_SMALL = 0.65
_POINTS_AT_COPY = re.compile(
    r"^.{0,6}[这那][段句条篇份](?:话|文案|文字|内容|短信)?.{0,4}(?:能|可以|可).{0,8}(?:发|说|用|贴).{0,6}[吗么不?？]*$"
)
_GIVEN_BEFORE = re.compile(r"送过(?!去|来)|收过|送礼记录|礼品记录")
_SOMEONE = re.compile(r"\d{2}岁|[一二三四五六七八九十]{1,3}岁|几百万|[这那]种客户|[这那]样的|有个|开了")
_KIND_ASKED = (
    r"(?:什么|啥|哪|何)(?:一?[类层档个种]|样的?|客群|类型|等级|级别|层级|段位|客户)"
    r"|归类|分类|分层|怎么[分归]|\b(?:tier|segment)\b"
)
NEVER_LINKED = ("deposit", "wealth_management", "fund", "insurance")
_WHICH_TO_GIVE = re.compile(r"送[^，,。]{1,8}[，,]?(?:哪|什么|啥|怎么)[^吗么]{0,6}(?:划算|好|合适|实在)")
_WHO = re.compile(r"哪些|哪几|谁|几个|名单|列|筛|名下|which")
_SUM = re.compile(r"\d|[一二两三五六八十几]{1,3}[十百]?万")


@dataclass(frozen=True)
class Judge:
    """Decides with a lexicon and a fitted intent model."""

    lexicon: Lexicon
    model: IntentModel

    def refusal(
        self,
        plain: str,
        bare: str,
        scores: dict[str, float],
        turned: Turned,
        who: People,
        known: Known,
        copy: str | None,
    ) -> tuple[str, bool]:
        """The code of what must be declined, and whether it is unsafe rather than out of scope.

        Words of what is unsafe decide; those of other business unless the learned model is sure of a request that
        is ours. Where no words tell, it decides.
        """
        unsafe = self.lexicon.declined("unsafe", bare) or self.lexicon.declined("unsafe", plain)
        if unsafe and (copy is None or unsafe in UNSAFE_AROUND_COPY):
            return unsafe, True
        if copy is not None or turned.goes_on:
            return "", False
        changes = len(bare) <= 16 and any(
            self.lexicon.has(cue, bare) for cue in ("cheaper", "dearer", "edits")
        )
        if scores["unsafe"] > _TOLD_UNSAFE and self.model.follows(bare) < LIKELY and not changes:
            kind = self.model.kind("unsafe", bare)
            if not (kind == "others_customers" and who.references and who == who.only(known)):
                return kind, True
        elsewhere = self.lexicon.declined("out_of_scope", bare)
        ours = max(scores[intent] for intent in TOOL_INTENTS)
        if elsewhere and (scores["out_of_scope"] > _DOUBTED or ours < SURELY_OURS):
            return elsewhere, False
        told = scores["out_of_scope"] > _SURE and self.model.follows(bare) < LIKELY
        return self.model.kind("out_of_scope", bare) if told else "", False

    def intents(
        self,
        bare: str,
        who: People,
        slots: Slots,
        scores: dict[str, float],
        asked: Requests,
        *,
        copied: bool,
    ) -> tuple[str, ...]:
        if copied:
            return ("check",)
        if who.references and _GIVEN_BEFORE.search(bare) and not (slots.occasion and slots.exclude):
            return ("segment",)
        if self._describes_someone(bare, who):
            return ("segment",)
        if slots.filter.get("consent") and _WHO.search(bare) and not who.references:
            return ("list",)
        linked = slots.linked_to in NEVER_LINKED and (_SUM.search(bare) or _WHICH_TO_GIVE.search(bare))
        if linked and scores["invite"] < LIKELY:
            return ("gift",)  # the advisor refuses with the article and the lawful way
        if self.lexicon.has("unlawful", bare) and self.lexicon.has("asks_leave", bare) and not who.references:
            return ("knowledge",)
        if _POINTS_AT_COPY.search(bare) and not who.references:
            return ("check",)
        told = self.lexicon.has("invite", bare) and not self.lexicon.has("gift", bare)
        if told and scores["gift"] == max(scores.values()) and not slots.spent:
            return ("invite",)
        if self._asks_rule(bare, who):
            return ("knowledge",)
        terse = slots.occasion and slots.spent and len(bare) <= 24
        if terse and not any(self.lexicon.has(i, bare) for i in ("invite", "list", "knowledge")):
            return ("gift",)
        best = max(TOOL_INTENTS, key=lambda intent: scores.get(intent, 0.0))
        declined = max(scores.get("out_of_scope", 0), scores.get("unsafe", 0), scores.get("smalltalk", 0))
        certain = scores.get(asked.alone, 0) > _DOUBTED and (
            asked.alone != "knowledge"
            or self.lexicon.has("question", bare)
            or not self.lexicon.has("gift", bare)
        )
        least = _BEYOND_DOUBT if not certain else _CLEARLY if scores[best] > LIKELY else _RATHER
        clearly = asked.alone_by > least
        whole = asked.alone if clearly else self._whole(best, scores, bare, who)
        priced = slots.spent and slots.occasion and self.lexicon.has("gift", bare)
        if whole == "knowledge" and priced and not WRITTEN.search(bare):
            whole = "gift"
        ours = bool(whole) and (scores.get(best, 0) >= declined or self.lexicon.has(best, bare))
        chosen = [whole] if ours else []
        of_them = any(self.lexicon.has(cue, bare) for cue in ("churn", "looks_up", "segment"))
        if who.references and chosen == ["knowledge"] and of_them and not WRITTEN.search(bare):
            chosen = ["segment"]
        alone = chosen in ([], ["segment"]) and not self.lexicon.has("segment", bare)
        if who.references and alone and self.lexicon.has("invite", bare):
            return ("invite",)
        if who.references and chosen in ([], ["segment"], ["list"]) and not self.lexicon.has("segment", bare):
            told = slots.occasion not in (None, "other", "win_back") and not self.lexicon.has(
                "looks_up", bare
            )
            chosen = ["gift"] if told else ["segment"]
        return tuple(chosen)

    def _describes_someone(self, bare: str, who: People) -> bool:
        """A profile without a name, and the question what segment it is."""
        told = self.lexicon.find("profile", bare)
        asked = re.search(_KIND_ASKED, bare)
        someone = self.lexicon.has("segment", bare) or _SOMEONE.search(bare)
        return bool(told and asked and someone and not who.references and not self.lexicon.has("gift", bare))

    def _asks_rule(self, bare: str, who: People) -> bool:
        """A short question about what the rules say, whatever else it mentions."""
        if who.references or who.pronoun or len(bare) > 40 or self.lexicon.has("not_a_rule", bare):
            return False
        return self.lexicon.has("asks_rule", bare) and not self.lexicon.has("recheck", bare)

    def _whole(self, best: str, scores: dict[str, float], bare: str, who: People) -> str:
        """The intent of the message as a whole; cues decide where the model is not sure."""
        if best == "check" and not self.lexicon.has("check", bare) and self.lexicon.has("list", bare):
            return "list"
        if scores.get(best, 0) >= 0.42 and (best != "list" or self.lexicon.has("list", bare)):
            return best
        cued = [i for i in TOOL_INTENTS if self.lexicon.has(i, bare)]
        if who.references and "segment" in cued and scores.get("segment", 0) > 0.2:
            return "segment"
        return (
            max(cued, key=lambda i: scores.get(i, 0.0))
            if cued
            else (best if scores.get(best, 0) > 0.3 else "")
        )

    def leaning(self, bare: str, who: People, scores: dict[str, float]) -> str:
        """refuse_weather, small_thanks …: what a message is that shows none of our intents."""
        best = max(scores, key=lambda name: scores[name])
        least = LIKELY if best == "unsafe" else HINTED
        if best not in WITH_KINDS or scores[best] < least or who.references:
            return ""
        if best == "unsafe" and any(self.lexicon.has(intent, bare) for intent in TOOL_INTENTS):
            return ""
        return f"{'small' if best == 'smalltalk' else 'refuse'}_{self.model.kind(best, bare)}"

    def smalltalk(
        self, plain: str, who: People, intents: tuple[str, ...], scores: dict[str, float], turned: Turned
    ) -> str:
        """greeting, thanks … where the message holds nothing else."""
        if who.references:
            return ""
        bare = re.sub(r"[\s，,。.!！?？~～、…]+", " ", plain).strip()
        names = ("capability", "thanks", "bye", "praise", "ack", "greeting")
        kind = next((n for n in names if self.lexicon.patterns[f"small.{n}"].search(bare)), "")
        if kind == "capability":
            ours = max(scores[intent] for intent in TOOL_INTENTS)
            return kind if scores["smalltalk"] > HINTED or (len(bare) < 40 and ours < _SURE) else ""
        worded = [p for p in bare.split(" ") if not self._is_courtesy(p)]
        if kind and (
            not worded or (len("".join(worded)) <= 6 and not intents) or scores.get("smalltalk", 0) > 0.6
        ):
            return kind
        changes = any(self.lexicon.has(cue, plain) for cue in ("edits", "cheaper", "dearer"))
        if intents or changes or turned.sure > _SURE or scores["smalltalk"] <= _SMALL:
            return ""
        return self.model.kind("smalltalk", plain)

    def _is_courtesy(self, piece: str) -> bool:
        names = ("thanks", "bye", "praise", "ack", "greeting")
        return len(piece) <= 10 and any(self.lexicon.patterns[f"small.{n}"].search(piece) for n in names)
