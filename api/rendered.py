"""Markdown of an answer as HTML that is safe to insert into a page."""

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, emphasis
from markdown_it.rules_inline.state_inline import Delimiter

_TAGS = {
    "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.inline.ruler.at("emphasis", _emphasis)
    return parser


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Stars beside Chinese text: CommonMark asks for spaces around ``**（甲）**``, which Chinese has none of."""
    run = state.src[state.pos :]
    length = len(run) - len(run.lstrip("*"))
    before, after = state.src[: state.pos][-1:], run[length : length + 1]
    if silent or not length or max(before, after) < "\u2010":
        return emphasis.tokenize(state, silent)
    opens, closes = bool(after.strip()), bool(before.strip())
    for _ in range(length):
        state.push("text", "", 0).content = "*"
        state.delimiters.append(Delimiter(ord("*"), length, len(state.tokens) - 1, -1, opens, closes))
    state.pos += length
    return True


def html_of(markdown: str) -> str:
    """Sanitised HTML. Links open elsewhere and tell nothing of this page; images are left out."""
    return nh3.clean(
        _parser().render(markdown),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
