"""Take off the pages what cannot work on them.

Thebe: Jupyter Book loads its scripts on every page, twice (the second time is a script error), though it is switched
off; it would need a server and a network. Source downloads: the pages ship no sources, so those buttons lead nowhere;
Colab and the repository are one button away.
"""

from __future__ import annotations

from typing import Any

DEAD_BUTTONS = {"download-notebook-button", "download-source-button"}


def _is_thebe(file: Any) -> bool:
    """Whether a script or style sheet is Thebe's: by its name, or as the inline script that holds its address.

    Not by a search through everything: the state of a widget is an inline script too, and its encoded pictures
    contain any five letters sooner or later.
    """
    attributes = getattr(file, "attributes", {})
    if attributes.get("type", "text/javascript").startswith("application/"):
        return False
    name = file if isinstance(file, str) else getattr(file, "filename", None) or ""
    return "thebe" in str(name).lower() or "THEBE_JS_URL" in attributes.get("body", "")


def _trim(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if not _is_thebe(file)]
    for group in context.get("header_buttons", []):
        if group.get("type") == "group":
            group["buttons"] = [button for button in group["buttons"] if button.get("label") not in DEAD_BUTTONS]


def setup(app: Any) -> dict[str, Any]:
    """Entry point that Sphinx calls."""
    app.connect("html-page-context", _trim, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
