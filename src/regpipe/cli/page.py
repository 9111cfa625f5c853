"""Pages: a template and what it tells, as one HTML document that needs no network.

Whatever a template prints is escaped, and shown as the terminal shows it. jinja2 comes
with the extra ``reports`` and is imported only when a page is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from regpipe.cli.terminal import clean, shown
from regpipe.errors import PipelineError


def rendered(template: str, told: Mapping[str, object], option: str = "--html") -> str:
    """Give the page that a template of this package makes of what it is told.

    ``option`` is the one that asked for it.

    Raises PipelineError where jinja2 is not installed.
    """
    try:
        import jinja2
        from markupsafe import Markup
    except ImportError as reason:
        raise PipelineError.at(
            option, "pages are made with jinja2", "pip install 'regpipe[reports]'"
        ) from reason

    def finalize(cell: object) -> str:
        return cell if isinstance(cell, Markup) else clean(shown(cell))

    environment = jinja2.Environment(
        autoescape=True,
        finalize=finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    text = files("regpipe.cli").joinpath(template).read_text("utf-8")
    return environment.from_string(text).render(told)
