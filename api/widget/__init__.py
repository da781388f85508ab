"""The widget's files as one script: plain modules in a fixed order inside one function, no bundler."""

import hashlib
import json
from pathlib import Path

FOLDER = Path(__file__).parent
MODULES = (
    "i18n.js",
    "dom.js",
    "client.js",
    "cards.js",
    "message.js",
    "side.js",
    "picker.js",
    "element.js",
    "boot.js",
)


def script(folder: Path = FOLDER) -> tuple[str, str]:
    """The whole script and its entity tag."""
    style = json.dumps((folder / "style.css").read_text(encoding="utf-8"), ensure_ascii=False)
    parts = [(folder / name).read_text(encoding="utf-8") for name in MODULES]
    text = '(() => {\n"use strict";\nconst STYLE = ' + style + ";\n" + "\n".join(parts) + "})();\n"
    return text, hashlib.sha256(text.encode()).hexdigest()[:16]
