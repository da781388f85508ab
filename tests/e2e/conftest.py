"""Debian's Chromium before a real server: what a user of the widget sees and does."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from pydantic import SecretStr
from starlette.types import ASGIApp

from api.app import create_app
from assistant.build import build
from assistant.settings import Settings

sys.path.insert(0, str(Path(__file__).parent.parent / "servers"))
from scripted_openai import Step, scripted_openai

CHROMIUM = Path("/usr/bin/chromium")
HOST = "http://intranet.test"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The invented intranet and the server are one network; Chromium takes the first for the public one.
    "--disable-features=LocalNetworkAccessChecks",
]


@pytest.fixture(scope="session")
def server(
    serve: Callable[[ASGIApp], AbstractContextManager[str]], variant: Callable[..., ASGIApp]
) -> Iterator[str]:
    """One server that also lets an invented intranet's pages embed the widget."""
    with serve(variant(rate_per_minute=100_000, allowed_origins=(HOST,))) as url:
        yield url


@pytest.fixture(scope="session")
def llm(
    serve: Callable[[ASGIApp], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., AbstractContextManager[str]]:
    """A server that talks through a language model which says these steps."""
    folder = tmp_path_factory.mktemp("llm")

    @contextmanager
    def saying(*steps: Step) -> Iterator[str]:
        with scripted_openai(*steps) as script:
            settings = Settings(
                data_dir=folder,
                model="openai:scripted",
                openai_api_key=SecretStr("k"),
                openai_base_url=script.url,
            )
            with serve(create_app(build(settings))) as url:
                yield url

    return saying


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is not installed"
        pytest.fail(reason) if os.environ.get("RM_TEST_NO_SKIPS") else pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor. Dialogs, uncaught errors and broken content policies fail the test that met them."""
    context = browser.new_context(
        locale="zh-CN",
        viewport={"width": 1200, "height": 820},
        permissions=["clipboard-read", "clipboard-write"],
    )
    made, wrong = context.new_page(), list[str]()
    made.set_default_timeout(10_000)
    made.on("dialog", lambda d: (wrong.append(f"dialog {d.message}"), d.dismiss()))
    made.on("pageerror", lambda e: wrong.append(f"error {e}"))
    made.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    yield made
    context.close()
    assert not wrong


class Widget:
    """The assistant on a page, as its user handles it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.launcher = page.get_by_role("button", name="打开助手")
        self.panel = page.get_by_role("dialog", name="客户经理助手")
        self.box = page.get_by_label("输入消息")
        self.answers = page.get_by_role("article", name="助手")
        self.side = page.locator("rm-assistant aside")

    def open(self) -> "Widget":
        self.launcher.click()
        expect(self.box).to_be_focused()
        return self

    def ask(self, text: str) -> Locator:
        """Say it, wait for the end of the answer, and give the answer's place."""
        before = self.answers.count()
        self.box.fill(text)
        self.box.press("Enter")
        answer = self.answers.nth(before)
        expect(answer).to_be_visible()
        self.settled()
        return answer

    def settled(self) -> None:
        expect(self.page.locator("rm-assistant [aria-busy]")).to_have_count(0, timeout=20_000)

    def press(self, name: str) -> None:
        self.panel.get_by_role("button", name=name, exact=True).first.click()


@pytest.fixture
def visit(page: Page) -> Callable[[str], Widget]:
    """Opens the widget on the demo page of a server."""

    def go(url: str) -> Widget:
        page.goto(url)
        return Widget(page).open()

    return go


@pytest.fixture
def widget(visit: Callable[[str], Widget], server: str) -> Widget:
    """The widget, opened on the demo page."""
    return visit(server)


@pytest.fixture
def hosted(page: Page, server: str) -> Callable[..., Widget]:
    """Another origin's page that embeds the widget."""

    def make(
        body: str = "", head: str = "", csp: str | None = None, attributes: str = "", whole: str = ""
    ) -> Widget:
        script = f'<script src="{server}/widget.js" data-rm-id="RM001" {attributes}></script>'
        html = f"<!doctype html><html lang=zh><head><title>x</title>{head}</head><body>{body}{script}</body></html>"
        headers = {"content-type": "text/html; charset=utf-8"} | (
            {"content-security-policy": csp} if csp else {}
        )
        page.route(f"{HOST}/**", lambda route: route.fulfill(body=whole or html, headers=headers))
        page.goto(f"{HOST}/")
        return Widget(page)

    return make
