"""A second opinion on copy by the configured LLM: what it would question, as remarks and never as a verdict."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from pydantic import TypeAdapter, ValidationError

from assistant.guards.privacy import mask, restore
from assistant.models.remote import Breaker
from assistant.models.resilience import reason_of
from prompts.datafile import Frozen
from prompts.texts import Texts
from tools.base import Basis
from tools.compliance.report import CheckRequest, ComplianceReport, Finding

RULE_ID = "MODEL-OPINION"
_log = logging.getLogger(__name__)


class Remark(Frozen):
    """A passage, word for word, and what the model holds against it."""

    passage: str
    reason: str


_REMARKS = TypeAdapter(list[Remark])
Check = Callable[[CheckRequest], ComplianceReport]


@dataclass(frozen=True)
class SecondOpinion:
    """A check whose report also holds the model's remarks, marked as such. A rule's finding is never touched.

    Remarks are of severity ``info``: the verdict is the rules' alone, so a model can neither pass nor block copy.
    """

    check: Check
    model: BaseChatModel
    breaker: Breaker
    texts: Texts

    def __call__(self, request: CheckRequest) -> ComplianceReport:
        report = self.check(request)
        remarks = [f for r in self._remarks(request.text) if (f := self._finding(r, request.text, report))]
        return report.model_copy(update={"findings": (*report.findings, *remarks)}) if remarks else report

    def _remarks(self, text: str) -> list[Remark]:
        if self.breaker.open:
            return []
        try:
            answer = self.model.invoke(
                [HumanMessage(self.texts.second_opinion.replace("{text}", mask(text)))]
            ).text
            found = _REMARKS.validate_json(answer[answer.find("[") : answer.rfind("]") + 1])
        except (ValidationError, json.JSONDecodeError):
            _log.warning("the second opinion could not be read")
            return []
        except Exception as error:
            self.breaker.failed()
            _log.warning("no second opinion: %s", reason_of(error))
            return []
        self.breaker.succeeded()
        return found

    def _finding(self, remark: Remark, text: str, report: ComplianceReport) -> Finding | None:
        """A remark as a finding, where its passage stands in the text and no rule has spoken on it."""
        passage = restore(remark.passage, text)
        start = text.find(passage) if passage.strip() else -1
        end = start + len(passage)
        if start < 0 or any(f.start < end and start < f.end for f in report.findings):
            return None
        return Finding(
            rule_id=RULE_ID,
            category="MODEL",
            severity="info",
            start=start,
            end=end,
            text=passage,
            reason=self.texts.notice("opinion_reason", reason=restore(remark.reason, text)),
            basis=(Basis(instrument=self.texts.notice("opinion_basis")),),
            suggestion=self.texts.notice("opinion_suggestion"),
        )
