"""The widget in Chromium before a warm server. Run by hand:

    python tests/benchmarks/bench_widget.py

Prints how long from asking for the script until it can be used, and the longest task that blocks the page while
2,000 messages are opened and scrolled, and while an answer streams at 200 pieces a second.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Page, Route, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_openai import Step, scripted_openai

CHROMIUM = "/usr/bin/chromium"
RUNS = 7
ONSET = "addEventListener('rm-assistant:ready', () => { window.readyAt = performance.now(); })"
READY = "window.readyAt - performance.getEntriesByName(location.origin + '/widget.js')[0].startTime"
WATCH = """() => { window.longest = 0; new PerformanceObserver((list) => { for (const task of list.getEntries())
  window.longest = Math.max(window.longest, task.duration); }).observe({ type: 'longtask' }); }"""
SCROLL = """async () => { const log = document.querySelector('rm-assistant').shadowRoot.querySelector('.log');
  window.longest = 0;
  for (let i = 0; i <= 200; i++) { log.scrollBy({ top: -700, behavior: 'instant' });
    await new Promise(requestAnimationFrame); }
  await new Promise((done) => setTimeout(done, 100)); }"""


@contextmanager
def served(data: str, **environment: str) -> Iterator[str]:
    """`rm-assistant serve` with these settings, once it is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "api.cli", "--data-dir", data, "serve", "--port", str(port)]
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{url}/readyz").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def ask(page: Page, text: str) -> None:
    """Say it in the open widget and wait for the end of the answer."""
    box = page.get_by_label("输入消息")
    box.fill(text)
    box.press("Enter")
    page.wait_for_selector("rm-assistant [aria-busy]", state="attached")
    page.wait_for_selector("rm-assistant [aria-busy]", state="detached", timeout=60_000)


def opened(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="打开助手").click()


def soon_ready(page: Page, url: str) -> None:
    page.add_init_script(ONSET)
    times = []
    for _ in range(RUNS):
        page.goto(url)
        page.get_by_role("button", name="打开助手").wait_for()
        times.append(page.evaluate(READY))
    print(f"script to usable: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")


def long_conversation(page: Page, url: str) -> None:
    opened(page, url)
    ask(page, "活动预算怎么分？")
    ask(page, "董志强是什么层级？")

    def repeat(route: Route) -> None:
        whole = route.fetch().json()
        whole["messages"] *= 500
        route.fulfill(json=whole)

    page.route("**/api/v1/conversations/*", repeat)
    page.add_init_script(f"({WATCH})()")
    page.reload()
    expect(page.locator("rm-assistant .card.segment").last).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1_000)
    print(f"2,000 messages opened: longest task {page.evaluate('window.longest'):.0f} ms")
    page.evaluate(SCROLL)
    print(f"2,000 messages scrolled: longest task {page.evaluate('window.longest'):.0f} ms")


def fast_stream(page: Page, url: str) -> None:
    opened(page, url)
    page.evaluate(WATCH)
    started = time.perf_counter()
    ask(page, "怎么开口？")
    seconds, longest = time.perf_counter() - started, page.evaluate("window.longest")
    print(f"1,500 pieces at 200 a second: {seconds:.1f} s, longest task {longest:.0f} ms")


def main() -> None:
    step = Step(text="先听客户说，再讲我们能做什么，不急着推荐。" * 300, pace_s=0.005)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with served(data) as url:
            soon_ready(browser.new_page(locale="zh-CN"), url)
            long_conversation(browser.new_page(locale="zh-CN"), url)
        with scripted_openai(step) as script:
            model = {
                "RM_MODEL": "openai:scripted",
                "OPENAI_API_KEY": "k",
                "OPENAI_BASE_URL": script.url,
            }
            with served(data, **model) as url:
                fast_stream(browser.new_page(locale="zh-CN"), url)
        browser.close()


if __name__ == "__main__":
    main()
