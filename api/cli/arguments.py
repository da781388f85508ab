"""The verbs of the console and their arguments, as a table. Imports nothing heavy."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tools.values import CHANNELS, OCCASIONS, PRODUCTS, SEGMENTS

Argument = tuple[tuple[str, ...], dict[str, Any]]


def _arg(*flags: str, **options: Any) -> Argument:
    return flags, options


@dataclass(frozen=True)
class Verb:
    """One verb: the module under ``api.cli`` that runs it, and what it takes."""

    name: str
    module: str
    help: str
    example: str
    arguments: tuple[Argument, ...] = ()
    actions: tuple["Verb", ...] = ()


_JSON = _arg("--json", action="store_true", help="the answer as JSON")
_AS = _arg("--as", dest="who", metavar="RM_ID", help="who is asking (the first demo manager)")
_CUSTOMER = _arg("--customer", metavar="ID_OR_NAME", help="the recipient")
_SEGMENT = _arg("--segment", choices=SEGMENTS, help="the recipient's segment where there is no customer")
_KINDS = ("customers", "accounts", "transactions")
_KIND = _arg("--kind", choices=_KINDS, default="customers", help="what the rows are")
_CHECKED = (
    _arg("--product", choices=PRODUCTS, help="what the copy is about (recognised where left out)"),
    _arg("--channel", choices=CHANNELS, help="where it goes (recognised where left out)"),
)

VERBS = (
    Verb("serve", "serve", "Serve HTTP with the demo page at /.", "rm-assistant serve --port 8000", (
        _arg("--host", default="127.0.0.1", help="address to listen on"),
        _arg("--port", type=int, default=8000, help="port to listen on; 0 takes a free one"),
        _arg("--workers", type=int, default=1, help="processes"),
    )),
    Verb("chat", "chat", "Ask one question, or talk when MESSAGE is left out.",
         "rm-assistant chat 我名下有哪些客户", (
        _arg("message", nargs="?", metavar="MESSAGE", help="the question"), _AS, _JSON,
        _arg("--conversation", metavar="ID", help="go on with this conversation"),
    )),
    Verb("check", "check", "Check copy. Exit 0 pass, 1 findings, 2 could not run.",
         "rm-assistant check 海报.txt --product fund --format sarif", (
        _arg("files", nargs="*", metavar="FILE", help="text files; - or none reads standard input"),
        *_CHECKED,
        _arg("--format", choices=("text", "json", "jsonl", "sarif", "html"),
             default="text", help="form of the answer"),
    )),
    Verb("segment", "tools", "Look a customer's segments up.", "rm-assistant segment C0001 --json", (
        _arg("customer", metavar="CUSTOMER", help="id or name"), _AS, _JSON,
    )),
    Verb("gifts", "tools", "Recommend gifts.",
         "rm-assistant gifts --segment retiree --occasion mid_autumn --budget 300", (
        _CUSTOMER, _SEGMENT,
        _arg("--occasion", choices=OCCASIONS, help="why a gift is given"),
        _arg("--budget", help="yuan for one gift"),
        _arg("--quantity", type=int, help="how many"),
        _arg("--prefer", action="append", dest="preferences", metavar="WORDS", help="a wish; repeatable"),
        _arg("--exclude", action="append", metavar="WORDS", help="what not to give; repeatable"),
        _arg("--linked-to", help="the business it depends on, if any"),
        _arg("--region", help="for example 华东"),
        _arg("--top-k", type=int, help="how many to name"), _AS, _JSON,
    ), (
        Verb("import", "gifts_import", "Take a CSV or XLSX catalogue in.",
             "rm-assistant gifts import 礼品.xlsx",
             (_arg("file", type=Path, metavar="FILE"), _JSON)),
    )),
    Verb("invite", "tools", "Draft an invitation.",
         "rm-assistant invite 养老规划讲座 --starts-at 下周六下午两点 --channel sms", (
        _arg("title", metavar="TITLE", help="the event"),
        _arg("--theme"), _arg("--starts-at"), _arg("--venue"), _arg("--host"),
        _arg("--highlight", action="append", dest="highlights", metavar="WORDS"),
        _arg("--seats", type=int), _arg("--rsvp-by"),
        _CUSTOMER, _SEGMENT,
        _arg("--channel", choices=CHANNELS), _arg("--tone", choices=("formal", "warm", "brief")),
        _arg("--variants", type=int), _arg("--language", choices=("zh", "en")), _AS, _JSON,
    )),
    Verb("knowledge", "knowledge", "The knowledge base.",
         "rm-assistant knowledge search 邀约后几天确认", (), (
        Verb("add", "knowledge", "Add files and folders; unchanged ones are skipped.",
             "rm-assistant knowledge add 手册/",
             (_arg("paths", nargs="+", type=Path, metavar="PATH"), _JSON)),
        Verb("search", "knowledge", "Find passages.", "rm-assistant knowledge search 礼品标准", (
            _arg("query", metavar="QUERY"), _arg("--top-k", type=int, default=5), _AS, _JSON)),
        Verb("list", "knowledge", "List documents.", "rm-assistant knowledge list", (_AS, _JSON)),
        Verb("remove", "knowledge", "Remove a document.", "rm-assistant knowledge remove gift-cost", (
            _arg("document", metavar="DOC_ID"),)),
    )),
    Verb("customers", "customers", "The customer book, from and to files.",
         "rm-assistant customers import 客户.csv", (), (
        Verb("import", "customers", "Take rows in; bad ones are named. Exit 0 all, 1 some, 2 none taken.",
             "rm-assistant customers import 流水.csv --kind transactions --rejected 未导入.csv", (
            _arg("file", type=Path, metavar="FILE", help="CSV or Parquet; encoding and delimiter are recognised"),
            _KIND,
            _arg("--mapping", type=Path, metavar="YAML", help="which column holds which field"),
            _arg("--rejected", type=Path, metavar="CSV", help="write every flaw to this file"),
            _arg("--update", action="store_true", help="replace customers and accounts already there"), _JSON)),
        Verb("export", "customers", "Write the book of one manager, or all of it, for the owner of the file only.",
             "rm-assistant customers export 客户.csv --as RM001", (
            _arg("file", type=Path, metavar="FILE", help="ends in .csv or .parquet"), _KIND,
            _arg("--as", dest="who", metavar="RM_ID", help="whose book (all books)"))),
    )),
    Verb("segments", "segments", "The segments of all customers.", "rm-assistant segments build", (), (
        Verb("build", "segments", "Compute a day's snapshot. A past day that has one is left alone.",
             "rm-assistant segments build --as-of 2026-06-30", (
            _arg("--as-of", type=date.fromisoformat, metavar="DATE", help="the day, YYYY-MM-DD (today)"),
            _arg("--again", action="store_true", help="replace the snapshot of a past day"),
            _arg("--log", metavar="URL", help="transactions outside the book, for example "
                 "trino://analyst@host:8080/catalog/schema (needs that driver of ibis-framework)"),
            _arg("--table", default="transactions", help="the table or view of --log"), _JSON)),
        Verb("history", "segments", "How a customer moved between segments, with the figures.",
             "rm-assistant segments history C00001 --as RM001",
             (_arg("customer", metavar="CUSTOMER", help="id or name"), _AS, _JSON)),
    )),
    Verb("rules", "rules", "The compliance rules.", "rm-assistant rules show FIN-GUARANTEE-PRINCIPAL", (), (
        Verb("list", "rules", "List them.", "rm-assistant rules list", (_JSON,)),
        Verb("show", "rules", "Show one.", "rm-assistant rules show FIN-GUARANTEE-PRINCIPAL",
             (_arg("rule", metavar="RULE_ID"), _JSON)),
        Verb("test", "rules", "Try every rule's own examples.", "rm-assistant rules test",
             (_arg("--folder", type=Path, action="append", help="an overlay; may be repeated"),)),
        Verb("stats", "rules", "Count them.", "rm-assistant rules stats", (_JSON,)),
        Verb("train", "rules", "Make the weights of the learned part from the labelled sets.",
             "rm-assistant rules train"),
    )),
    Verb("eval", "evals", "Run the project's own evaluation suites.", "rm-assistant eval retrieval", (
        _arg("suite", nargs="?", choices=("assistant", "compliance", "retrieval"), help="all by default"),
        _JSON,
    )),
    Verb("audit", "audit", "The audit trail.", "rm-assistant audit verify", (), (
        Verb("verify", "audit", "Walk the chain. Exit 1 where it is broken.", "rm-assistant audit verify"),
        Verb("export", "audit", "All rows as JSON lines.", "rm-assistant audit export > audit.jsonl",
             (_arg("--after", type=int, default=0, metavar="SEQ", help="only rows after this one"),)),
        Verb("show", "audit", "The rows of one conversation.", "rm-assistant audit show ID",
             (_arg("conversation", metavar="CONVERSATION"),)),
        Verb("erase", "audit", "Remove the payloads that mention a customer.",
             "rm-assistant audit erase C0001",
             (_arg("mentions", metavar="ID_OR_NAME"),)),
        Verb("expire", "audit", "Remove the payloads past retention.", "rm-assistant audit expire"),
    )),
    Verb("mcp", "mcp_stdio", "Serve the tools over MCP on standard input and output.",
         "rm-assistant mcp --as RM_ID", (_AS,)),
    Verb("doctor", "doctor", "What is configured, reachable, missing, and how to fix it.",
         "rm-assistant doctor", (_JSON,)),
)  # fmt: skip
