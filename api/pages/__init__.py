"""The pages: a demo intranet with the widget, the full chat page, the embedding guide; the widget."""

from functools import cache
from html import escape
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from api import widget
from api.doors import HouseHere
from api.errors import Unauthenticated
from api.identity import demo_caller

router = APIRouter(include_in_schema=False)
FOLDER = Path(__file__).parent
Seat = Annotated[str | None, Query(alias="as", max_length=64)]
_SCRIPT = "text/javascript; charset=utf-8"


@router.get("/")
def demo(house: HouseHere, as_: Seat = None) -> Response:
    """A page of an invented intranet that embeds the widget."""
    return HTMLResponse(_filled("index.html", house, as_))


@router.get("/chat")
def chat(house: HouseHere, as_: Seat = None) -> Response:
    """The chat over the whole page."""
    return HTMLResponse(_filled("chat.html", house, as_))


@router.get("/embed")
def embed(house: HouseHere) -> Response:
    """How to put the widget into another page."""
    return HTMLResponse(_filled("embed.html", house, None))


@router.get("/pages.css")
def style() -> Response:
    """The style of these pages."""
    return Response(_read("pages.css"), media_type="text/css; charset=utf-8")


@router.get("/favicon.ico")
def icon() -> Response:
    """No icon, said quietly."""
    return Response(status_code=204)


@router.get("/widget.js")
def script(request: Request) -> Response:
    """The widget as one script; an unchanged one is not sent again."""
    text, tag = widget.script()
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=_SCRIPT, headers=headers)


def _filled(name: str, house: HouseHere, as_: str | None) -> str:
    """The page with its places filled; in demo mode it shows who is who and lets one change seats."""
    identity = options = ""
    if house.settings.auth == "demo":
        try:
            current = demo_caller(as_, house.customers)
        except Unauthenticated:
            current = demo_caller(None, house.customers)
        identity = f'data-rm-id="{escape(current.id)}" data-role="{escape(current.role)}"'
        links = (
            f'<a href="?as={escape(p.id)}"{" aria-current=true" if p.id == current.id else ""}>'
            f"{escape(p.name)}<small>{escape(p.id)} · {escape(p.role)}</small></a>"
            for p in house.customers.managers()
        )
        options = "".join(links)
    page = _read(name)
    for place, content in (("{{identity}}", identity), ("{{people}}", options)):
        page = page.replace(place, content)
    return page


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
