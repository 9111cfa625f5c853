"""Where lists go: their folders, the files aside, and whose turn it is to write."""

from __future__ import annotations

import contextlib
import glob
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from regpipe.errors import PipelineError, RegistryError, nearest
from regpipe.registry.files import OWNER_ONLY
from regpipe.registry.lock import writer_lock
from regpipe.spec import Export, Pipeline

PART = ".regpipe-part"
"""The end of the name of a file that is being written; a dot is at its front."""

LOCK = ".regpipe"
"""What the lock file in a list's folder is named after."""

OWN_FOLDER = 0o700

PATIENCE = 60.0
"""Seconds to wait for others that write lists into the same folder."""


@dataclass(frozen=True)
class ListPlace:
    """Where one export's files go.

    ``folder`` (absolute) holds all of them; ``pattern`` is the file within it
    and still holds ``{group}``; ``shown`` is the folder as the pipeline says it.
    """

    folder: Path
    pattern: str
    manifest: Path
    shown: Path

    def file(self, group: str = "") -> Path:
        """Give the path of the list of a group, named as ``file_names`` does."""
        return self.folder / self.within(group)

    def within(self, group: str = "") -> str:
        """Give the path within the folder of the list of a group."""
        return self.pattern.replace("{group}", group)

    def owns(self, within: str) -> bool:
        """Tell whether a path within the folder can be one of this export's."""
        *folders, name = self.pattern.split("/")
        path = PurePosixPath(name)
        front = _shape("/".join([*folders, ""])) + "([a-z]+-)?"
        end = "(-[0-9]+)?" + re.escape(path.suffix)
        return re.fullmatch(front + _shape(path.stem) + end, within) is not None


def part_name(within: str, number: int) -> str:
    """Give the path of a part of a list, counted from 1, by that of the list.

    >>> part_name("out/news.csv", 1), part_name("out/news.csv", 2)
    ('out/news.csv', 'out/news-2.csv')
    """
    if number == 1:
        return within
    path = PurePosixPath(within)
    return str(path.with_name(f"{path.stem}-{number}{path.suffix}"))


def refusals_name(within: str, name: str) -> str:
    """Give the path of a list's file of refusals.

    The name stands in front: what takes ``news*.csv`` must not take those who
    said no.

    >>> refusals_name("out/news.csv", "unsubscribed")
    'out/unsubscribed-news.csv'
    """
    path = PurePosixPath(within)
    return str(path.with_name(f"{name}-{path.name}"))


def _shape(pattern: str) -> str:
    """Give the pattern of the paths that have any group in the place of {group}."""
    return r"[^/\\]+".join(map(re.escape, pattern.split("{group}")))


def chosen_exports(
    pipeline: Pipeline, names: Collection[str] | None
) -> Mapping[str, Export]:
    """Give the pipeline's exports of those names, in its order; None means all.

    Raises PipelineError for names that there are not.
    """
    known = list(pipeline.exports)
    for name in names or ():
        if name not in known:
            close = nearest(name, known)
            hint = f"did you mean {close!r}? " if close else ""
            raise PipelineError.at(
                "exports",
                f"unknown export {name!r}",
                f"{hint}known: {', '.join(known)}",
            )
    return {
        name: export
        for name, export in pipeline.exports.items()
        if not names or name in names
    }


def list_place(
    pipeline: Pipeline, name: str, export: Export, as_of: datetime
) -> ListPlace:
    """Give where the export called ``name`` goes; ``{date}`` is the UTC date."""
    date = as_of.astimezone(UTC).date().isoformat()
    parts = Path(export.to.replace("{date}", date)).parts
    fixed = [part for part, _ in zip(parts[:-1], _fixed(parts), strict=False)]
    folder = pipeline.path(str(Path(*fixed))).resolve()
    shown = Path(os.path.normpath(pipeline.path(str(Path(*fixed)))))
    dated = f"{name}-{date}" if "{date}" in export.to else name
    return ListPlace(
        folder=folder,
        pattern="/".join(parts[len(fixed) :]),
        manifest=folder / f"{dated}.manifest.json",
        shown=shown,
    )


def _fixed(parts: Collection[str]) -> Iterator[str]:
    """Give the leading parts of a path that do not depend on the group."""
    for part in parts:
        if "{group}" in part:
            return
        yield part


def export_folders(
    pipeline: Pipeline, as_of: datetime, names: Collection[str] | None = None
) -> tuple[Path, ...]:
    """Make the folders of the lists (owner-only where new) and see that they serve.

    Raises RegistryError naming a folder that cannot be written, and PipelineError
    when a list would replace the registry.
    """
    folders: dict[Path, None] = {}
    registry = pipeline.path(pipeline.registry).resolve()
    for name, export in chosen_exports(pipeline, names).items():
        place = list_place(pipeline, name, export, as_of)
        if registry in (place.file(), place.manifest):
            raise PipelineError.at(f"exports.{name}.to", "is the file of the registry")
        _require(place)
        folders[place.folder] = None
    return tuple(folders)


def _require(place: ListPlace) -> None:
    trial = place.folder / f"{LOCK}-{os.getpid()}"
    try:
        make_folder(place.folder)
        os.close(os.open(trial, os.O_WRONLY | os.O_CREAT, OWNER_ONLY))
        trial.unlink()
    except OSError as reason:
        raise RegistryError.at(
            str(place.shown),
            f"lists cannot be written to this folder: {reason.strerror}",
            "let the user who runs regpipe write there, or name another folder in 'to'",
        ) from reason
    if place.file().is_dir():
        raise RegistryError.at(
            str(place.shown / place.within()),
            "is a folder, where a list should be written",
            "move it away, or name another file in 'to'",
        )


def make_folder(folder: Path) -> None:
    """Make a folder, and those above that lack, for their owner only."""
    for each in reversed((folder, *folder.parents)):
        if not each.is_dir():
            each.mkdir(OWN_FOLDER, exist_ok=True)


@contextmanager
def writing_lists(
    pipeline: Pipeline,
    as_of: datetime,
    command: str,
    names: Collection[str] | None = None,
    wait: float = PATIENCE,
) -> Iterator[tuple[Path, ...]]:
    """Hold the right to write the lists while the block runs; give their folders.

    What a killed run left aside is removed first, and at the end what the block
    staged and did not publish. Others who write into the same folders wait for
    ``wait`` seconds; a registry is not held up by this.

    Raises RegistryError when a folder cannot be written, or somebody else is at
    work there for longer than that.
    """
    with ExitStack() as held:
        folders = export_folders(pipeline, as_of, names)
        for folder in sorted(folders):
            held.enter_context(writer_lock(folder / LOCK, command, wait))
        exports = chosen_exports(pipeline, names)
        _sweep(pipeline, exports)
        held.callback(_sweep, pipeline, exports)
        yield folders


def _sweep(pipeline: Pipeline, exports: Mapping[str, Export]) -> None:
    """Remove the files aside of these exports, of whatever date and group."""
    for export in exports.values():
        parts = [
            "*".join(map(glob.escape, re.split(r"\{date\}|\{group\}", part)))
            for part in Path(export.to).parts
        ]
        base = pipeline.path("")
        if Path(export.to).is_absolute():
            base, parts = Path(parts[0]), parts[1:]
        refusals = (refusals_name(parts[-1], each.name) for each in export.refused)
        for name in (parts[-1], *refusals):
            path = PurePosixPath(name)
            for each in (name, f"{path.stem}-[0-9]*{path.suffix}"):
                for left in base.glob("/".join([*parts[:-1], f".{each}{PART}"])):
                    left.unlink(missing_ok=True)


def aside(final: Path) -> Path:
    """Give the path at which a file is written before it is put in its place."""
    return final.with_name(f".{final.name}{PART}")


@contextmanager
def new_aside(final: Path) -> Iterator[Path]:
    """Make the empty file aside of ``final``, its owner's only; keep it on success.

    Raises RegistryError when it cannot be made.
    """
    part = aside(final)
    try:
        make_folder(final.parent)
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
    except OSError as reason:
        raise RegistryError.at(
            str(final), f"it cannot be written: {reason.strerror}"
        ) from reason
    try:
        yield part
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
