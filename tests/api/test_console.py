"""The console as a process: what it prints, how it exits, and how it says what went wrong."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from api.cli.arguments import VERBS, Verb
from api.cli.main import main
from assistant.build import House
from tools.errors import NotFound

Run = Callable[..., subprocess.CompletedProcess[bytes]]
Inside = Callable[..., tuple[int, str, str]]
BAD_COPY = "本产品保本保收益，稳赚不赔。"
GOOD_COPY = "欢迎到网点咨询。"


@pytest.fixture
def run(data_dir: Path, house: House) -> Run:
    assert house.settings.data_dir == data_dir, "built before processes share it"

    def call(
        *arguments: str, stdin: bytes = b"", data: Path = data_dir
    ) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "api.cli", *arguments, "--data-dir", str(data)]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=50, check=False)

    return call


@pytest.fixture
def inside(data_dir: Path, house: House, capsys: pytest.CaptureFixture[str]) -> Inside:
    """The same main() in this process: status, standard output and error."""
    assert house.settings.data_dir == data_dir

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--data-dir", str(data_dir)])
        return int(ended.value.code or 0), *capsys.readouterr()

    return call


def paths(verbs: tuple[Verb, ...] = VERBS, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for verb in verbs:
        found.append((*before, verb.name))
        found += paths(verb.actions, (*before, verb.name))
    return found


def test_every_verb_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for path in paths():
        with pytest.raises(SystemExit) as ended:
            main([*path, "--help"])
        assert ended.value.code == 0
        shown = " ".join(capsys.readouterr().out.split())
        assert f"example: rm-assistant {path[0]}" in shown, path
        assert "--data-dir" in shown


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (GOOD_COPY.encode(), 0),
        (BAD_COPY.encode(), 1),
        (BAD_COPY.encode("gb18030"), 1),
        (BAD_COPY.encode("utf-16"), 1),
        (b"\xef\xbb\xbf" + BAD_COPY.encode(), 1),
        (b"", 2),
        (b"\xff\x00\xff\x81", 2),
    ],
    ids=["pass", "findings", "gb18030", "utf-16", "utf-8 with mark", "empty", "not text"],
)
def test_check_tells_by_its_exit_code(run: Run, tmp_path: Path, content: bytes, status: int) -> None:
    file = tmp_path / "文案.txt"
    file.write_bytes(content)
    done = run("check", str(file)) if status == 2 else run("check", stdin=content)
    assert done.returncode == status, done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_check_formats_agree(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("第一行\n" + BAD_COPY, encoding="utf-8")
    report = json.loads(run("check", str(file), "--format", "json").stdout)
    sarif = json.loads(run("check", str(file), "--format", "sarif").stdout)
    page = run("check", str(file), "--format", "html").stdout.decode()
    results = sarif["runs"][0]["results"]
    assert len(results) == len(report["findings"]) + len(report["missing"])
    first, region = report["findings"][0], results[0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (2, first["start"] - 3)
    assert region["charLength"] == len(first["text"])
    assert page.count("<mark") >= 1 and first["rule_id"] in page
    jsonschema.validate(sarif, SARIF)


SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "results": {
                        "items": {
                            "required": ["message", "ruleId", "locations"],
                            "properties": {"level": {"enum": ["none", "note", "warning", "error"]}},
                        }
                    }
                },
            }
        },
    },
}


def test_check_answers_lines_in_order(run: Run) -> None:
    lines = [{"text": GOOD_COPY, "id": 1}, {"text": BAD_COPY, "id": "b", "channel": "sms"}]
    done = run("check", "--format", "jsonl", stdin="\n".join(map(json.dumps, lines)).encode())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(a["id"], a["verdict"]) for a in answers] == [(1, "pass"), ("b", "block")]
    assert done.returncode == 1


def test_a_line_ends_where_json_lines_end(run: Run) -> None:
    text = "第一段\u2028第二段\x85第三段\x0c" + BAD_COPY
    line = json.dumps({"text": text, "id": 7}, ensure_ascii=False)
    done = run("check", "--format", "jsonl", stdin=f"{line}\r\n\n{line}\n".encode())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(a["id"], a["verdict"]) for a in answers] == [(7, "block")] * 2
    found = answers[0]["findings"][0]
    assert text[found["start"] : found["end"]] == found["text"]


def test_a_bad_line_does_not_stop_the_others(run: Run) -> None:
    stdin = b'{"text": "x", "channel": "tv", "id": 1}\nnot json\n[]\n{"text": "y", "id": 2}\n'
    done = run("check", "--format", "jsonl", stdin=stdin)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["error" in a for a in answers] == [True, True, True, False]
    assert answers[0]["id"] == 1 and answers[3]["id"] == 2
    assert done.returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "/no/such/file"),
        ("segment", "NO-SUCH"),
        ("gifts",),
        ("gifts", "--segment", "retiree", "--occasion", "xmas"),
        ("rules", "show", "NO-SUCH"),
        ("knowledge", "remove", "no-such"),
        ("chat", "你好", "--as", "nobody"),
        ("chat", " "),
        ("gifts", "import", "/no/such.csv"),
        ("serve", "--host", "192.0.2.1"),
        ("serve", "--port", "99999"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_errors_are_one_line_on_stderr(inside: Inside, arguments: tuple[str, ...]) -> None:
    status, out, err = inside(*arguments)
    assert status == 2
    assert out == ""
    assert err.strip().count("\n") == 0, err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RM_TIMEZONE", "Mars/Olympus"),
        ("RM_PROXY_ADDRESSES", "banana"),
        ("RM_RATE_PER_MINUTE", "often"),
        ("RM_DATABASE_URL", "postgresql://root@127.0.0.1:1/x"),
        ("RM_AUTH", "jwt"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    status, out, err = inside("chat", "你好")
    assert (status, out) == (2, "")
    assert name in err and err.strip().count("\n") == 0


def test_a_data_folder_that_cannot_be_is_said_so(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    done = run("chat", "你好", data=file / "below")
    assert done.returncode == 2
    assert str(file) in done.stderr.decode()
    assert done.stderr.decode().strip().count("\n") == 0


def test_tools_answer_as_over_http(run: Run, inside: Inside, client: httpx.Client, people: Any) -> None:
    shown = json.loads(run("segment", people.customer, "--json").stdout)
    served = client.get(f"/api/v1/customers/{people.customer}/segment").json()
    assert shown == served
    gifts = json.loads(inside("gifts", "--segment", "retiree", "--occasion", "mid_autumn", "--json")[1])
    body = {"segment": "retiree", "occasion": "mid_autumn"}
    assert gifts == client.post("/api/v1/gifts/recommendations", json=body).json()


def test_chat_answers_and_goes_on(run: Run) -> None:
    first = json.loads(run("chat", "你好", "--json").stdout)
    lines = run(
        "chat", "--json", "--conversation", first["conversation_id"], stdin="你好\n\n再见\n".encode()
    ).stdout
    replies = [json.loads(line) for line in lines.splitlines()]
    assert [r["conversation_id"] for r in replies] == [first["conversation_id"]] * 2


def test_the_audit_finds_a_changed_row(tmp_path: Path, house: Any) -> None:
    from argparse import Namespace
    from dataclasses import replace

    from sqlalchemy import text

    from api.cli import audit as verb
    from assistant.audit import AuditLog, metadata
    from assistant.database import open_engine

    engine = open_engine(f"sqlite:///{tmp_path}/audit.sqlite3")
    metadata.create_all(engine)
    log = AuditLog(engine, house.clock)
    log.append("a", [("question", {"text": "一"}), ("answer", {"text": "二"})])
    other = replace(house, audit=log)
    assert verb._verify(Namespace(), other) == 0
    with engine.begin() as db:
        db.execute(text("UPDATE audit SET actor = 'b' WHERE seq = 2"))
    assert verb._verify(Namespace(), other) == 1


def test_a_customer_can_be_erased_and_the_chain_holds(inside: Inside, house: House, people: Any) -> None:
    id_, name = house.customers.names(people.other)[-1]
    asked = json.loads(inside("chat", f"查一下{name}（{id_}）", "--json", "--as", people.other.id)[1])
    follow = inside("chat", "他的资产呢", "--as", people.other.id, "--conversation", asked["conversation_id"])
    assert follow[0] == 0
    assert inside("audit", "erase", id_)[0] == 0
    rows = [json.loads(line) for line in inside("audit", "show", asked["conversation_id"])[1].splitlines()]
    assert len(rows) >= 5 and all(row["payload"] is None for row in rows)
    exported = inside("audit", "export")[1]
    assert id_ not in exported and name not in exported
    with pytest.raises(NotFound):
        house.transcript.conversation(asked["conversation_id"], people.other)
    assert inside("audit", "verify")[:2] == (0, f"{len(exported.splitlines())} rows, the chain holds\n")


def test_knowledge_is_added_found_and_removed(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "紫藤流程.md").write_text("# 紫藤流程\n\n紫藤签约后第九天回访。\n", encoding="utf-8")
    added = json.loads(inside("knowledge", "add", str(tmp_path), "--json")[1])
    (document,) = added["added"]
    assert json.loads(inside("knowledge", "add", str(tmp_path), "--json")[1])["added"] == []
    found = json.loads(inside("knowledge", "search", "紫藤签约后第几天回访", "--json")[1])
    assert found[0]["document_id"] == document
    assert inside("knowledge", "remove", document)[0] == 0
    assert document not in inside("knowledge", "list")[1]


@pytest.mark.usefixtures("house")
def test_doctor_hides_passwords(data_dir: Path) -> None:
    command = [sys.executable, "-m", "api.cli", "doctor", "--data-dir", str(data_dir)]
    secret = {"OPENAI_API_KEY": "sk-hunter2", "RM_REDIS_URL": "redis://user:hunter2@127.0.0.1:9/0"}
    done = subprocess.run(command, capture_output=True, env=secret, timeout=50, check=False)
    assert b"hunter2" not in done.stdout + done.stderr
    assert "degraded  redis" in done.stdout.decode()
    assert done.returncode == 0


@pytest.mark.usefixtures("house")
def test_serve_says_where_it_listens_and_a_busy_port_is_refused(data_dir: Path) -> None:
    command = [sys.executable, "-m", "api.cli", "serve", "--data-dir", str(data_dir), "--port"]
    began = time.monotonic()
    process = subprocess.Popen([*command, "0"], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        url = re.search(r"http://\S+", process.stderr.readline())
        assert url
        until = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{url[0]}/readyz", timeout=5).status_code == 200:
                    break
            except httpx.ConnectError:
                assert time.monotonic() < until
            time.sleep(0.05)
        assert time.monotonic() - began < 60, "a second start is quick"
        busy = subprocess.run(
            [*command, url[0].rsplit(":", 1)[1]], capture_output=True, timeout=30, check=False
        )
        assert busy.returncode == 2
        assert busy.stderr.decode().strip().count("\n") == 0
    finally:
        process.terminate()
        assert process.wait(15) in (0, -15)


def test_a_foreign_listener_does_not_break_the_word(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2 and "--port" in done.stderr.decode()
