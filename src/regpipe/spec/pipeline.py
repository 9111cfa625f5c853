"""What a pipeline file may say, as frozen models: sources, identity, rules, exports.

A model checks each value by itself; what one part says of another is checked in
``checks``, and ``load.load_pipeline`` puts the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    StrictBool,
    ValidationInfo,
    model_validator,
)

from regpipe.spec.column_types import Header, Separator
from regpipe.spec.columns import (
    NUMBER,
    Column,
    ColumnOrText,
    Statement,
    field_of,
    statement,
)
from regpipe.spec.consent import Consent
from regpipe.spec.exports import Export
from regpipe.spec.retention import Retention
from regpipe.spec.rules import Identity, Survivorship
from regpipe.spec.types import (
    Channel,
    Character,
    Encoding,
    Fault,
    Name,
    Paths,
    PathText,
    Quote,
    Share,
    SomePaths,
    Spec,
    TimeZone,
    Word,
    refuse,
)


class Csv(Spec):
    """How the source's files are written."""

    delimiter: Character | None = None
    """What stands between two cells. Without it the one is found under which the
    mapped columns are in the header."""
    encoding: Encoding | None = None
    """The encoding, by a name Python knows. Without it a byte order mark tells, or
    that the bytes are UTF-8, or the code page is found that fits the letters."""
    quote: Quote = '"'
    """What stands around a cell that holds a delimiter or a line end."""
    header: StrictBool = True
    """Whether a record names the columns: the first, or one below title rows."""

    @model_validator(mode="after")
    def _distinct(self) -> Csv:
        if self.delimiter == self.quote:
            refuse([Fault(("quote",), "must differ from the delimiter")])
        return self


PresetText = Annotated[
    PathText,
    BeforeValidator(lambda value: value, json_schema_input_type=str | list[str]),
]
"""The preset that a source is read by; a list is settled before (``presets``)."""


class Items(Spec):
    """How several line items are packed into one cell."""

    from_: Header
    """The column that holds them."""
    between: Separator = ";"
    """What stands between two items."""
    parts: Separator = "|"
    """What stands between two parts of an item."""
    key: Separator = ":"
    """What stands between the name of a part and its text."""

    @model_validator(mode="after")
    def _distinct(self) -> Items:
        signs = {"between": self.between, "parts": self.parts, "key": self.key}
        if len({*signs.values()}) < len(signs):
            what = "between, parts and key must differ from each other"
            refuse([Fault((), what, "such as ';', '|' and ':'")])
        return self


class _AnySource(Spec):
    preset: PresetText | None = None
    """A known export, such as shopify (see `regpipe presets`), or a YAML file of your
    own: what it says of csv, timezone, items, rows and columns stands where the
    source says nothing. Of a list the one is taken that the files fit."""
    files: SomePaths
    """The files of one delivery: a path or a glob, or a list of them."""
    csv: Csv = Csv()
    """How the files are written."""
    timezone: TimeZone = "UTC"
    """The time zone of times without an offset (an IANA name)."""
    tolerate: Share | None = None
    """Stop the run when more than this share of a file's rows is rejected, such as
    2%. Without it only a file all of whose rows are rejected stops the run."""
    mapped: dict[str, ColumnOrText] = Field(alias="columns")
    """Which column of the file is which field."""
    treat_unknown_as: Literal["granted"] | None = None
    """granted: whoever this source leaves unknown (blank, or a word for it) counts as
    consenting, though nobody asked them. Every run and every list says so."""
    schema_: PathText | None = None
    """A pandera schema (YAML) that the cleaned rows must meet, instead of the one
    that regpipe ships for this kind."""

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The column of each field, by the field's own name, consent left out."""
        kind = str(getattr(self, "kind", ""))
        return {
            field_of(kind, name) or name: column
            for name, column in self.mapped.items()
            if statement(name) is None
        }

    def mapping(self, mapped: dict[str, Column]) -> Self:
        """Give this source with other columns."""
        said = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_construct(**{**said, "mapped": mapped})

    @cached_property
    def consents(self) -> dict[Statement, Column]:
        """The column of each purpose and channel of consent."""
        return {
            stated: column
            for name, column in self.mapped.items()
            if (stated := statement(name)) is not None
        }


class CustomerSource(_AnySource):
    """A feed of customers: one row per customer of a store."""

    kind: Literal["customers"] = "customers"
    """What the rows are."""
    delivery: Literal["delta", "full"] = "delta"
    """full: a delivery holds every customer, who is missing is gone there;
    delta: it holds only what changed."""
    rows: Literal["single", "same_key", "as_above"] = "single"
    """single: a row per customer; same_key: all rows of one key are one customer;
    as_above: a row whose key is blank belongs to the customer above it."""
    gone_limit: Share = 0.2
    """With delivery full: stop the run when more than this share of the source's
    customers would be gone."""


class OrderSource(_AnySource):
    """A feed of orders: one row per line item, or one per order."""

    kind: Literal["orders"] = "orders"
    """What the rows are."""
    customers: Name | None = None
    """The customers source whose external_id stands in customer_ref."""
    items: Items | None = None
    """Several items packed into one cell: the columns of the lines (line.sku, ...) are
    then the names of an item's parts."""

    @cached_property
    def lines(self) -> dict[str, Column]:
        """The column of each field of a line, by the field's own name."""
        return {f: c for f, c in self.columns.items() if f.startswith("line_")}

    @cached_property
    def numbered(self) -> bool:
        """Whether a row has several items, each in columns of its own number."""
        return any(NUMBER in (column.from_ or "") for column in self.lines.values())

    @property
    def itemised(self) -> bool:
        """Whether a row may hold several items."""
        return self.items is not None or self.numbered


class ConsentSource(_AnySource):
    """A feed of consent: one row per statement, or per address with several."""

    kind: Literal["consents"] = "consents"
    """What the rows are."""
    purpose: Word | None = None
    """What 'status' is about, such as newsletter. Without it who has withdrawn is
    unsubscribed from everything, until a later grant."""
    channel: Channel = "email"
    """How one may be contacted by what 'status' says: email, sms, phone, post, ..."""

    @property
    def reached_by(self) -> str:
        """Give the channel of the address by which its rows are known."""
        if "status" in self.columns or not self.consents:
            return self.channel
        return next(iter(self.consents))[1]


Source = Annotated[
    CustomerSource | OrderSource | ConsentSource, Field(discriminator="kind")
]


class Pipeline(Spec):
    """A pipeline file: from which sources, into which registry, to which lists."""

    pipeline: Name
    """The name of this pipeline, as runs are listed under it."""
    registry: PathText
    """The registry (a DuckDB file); the first run makes it."""
    checks: Paths = ()
    """Python files with pandera checks of your own."""
    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    """The feeds. The name of a source is part of every row's key: never rename it."""
    identity: Identity = Identity()
    """Which records are the same person."""
    survivorship: Survivorship = Survivorship()
    """Which record gives each field of a customer."""
    consent: Consent = Consent()
    """What consent must be for somebody to be written to."""
    exports: dict[Name, Export] = Field(default_factory=dict)
    """The lists that every run writes."""
    retention: tuple[Retention, ...] = ()
    """How long customers are kept, carried out by `regpipe retention`."""

    _folder: Path = PrivateAttr(default_factory=Path)
    _candidates: dict[str, tuple[Source, ...]] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _placed(self, info: ValidationInfo) -> Pipeline:
        if isinstance(info.context, Path):
            self._folder = info.context
        return self

    @property
    def folder(self) -> Path:
        """The folder of the pipeline file, which paths in it are relative to."""
        return self._folder

    @property
    def candidates(self) -> Mapping[str, tuple[Source, ...]]:
        """Give the sources for which the files are still to choose a preset.

        Each as each of its presets would read it; ``sources`` holds the first.
        """
        return self._candidates

    def choosing(self, candidates: Mapping[str, tuple[Source, ...]]) -> Pipeline:
        """Give this pipeline with these sources still to be chosen."""
        found = self.model_copy()
        found._candidates = dict(candidates)
        return found

    def settled(self, chosen: Mapping[str, Source]) -> Pipeline:
        """Give this pipeline with nothing left to be chosen."""
        found = self.model_copy(update={"sources": {**self.sources, **chosen}})
        found._candidates = {}
        return found

    def path(self, written: str) -> Path:
        """Give the path of a file that the pipeline names."""
        return self._folder / written
