"""An open registry: what people ask of it from Python."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from regpipe.engine.protocol import Engine
from regpipe.errors import RegistryError
from regpipe.reading import books, meant, quarantine, questions
from regpipe.reading.customer import Customer, customer_of
from regpipe.reading.disclosure import Disclosure, disclosure
from regpipe.reading.frame import Frame
from regpipe.reading.ledger import Consents, consents_of
from regpipe.reading.listed import Listed, listed
from regpipe.reading.on_lists import sent_lists
from regpipe.reading.people import people
from regpipe.reading.proof import Proof, proof
from regpipe.reading.why import Why, why_of
from regpipe.registry import migrate
from regpipe.registry.opening import locked_down
from regpipe.spec import Pipeline
from regpipe.sql.gate import SERVICE
from regpipe.stages.evaluate import Evaluation, evaluate
from regpipe.stages.labels import labels_of
from regpipe.stages.train import Trained, train
from regpipe.stages.who import customer_ids


class Registry:
    """A registry that is open for reading, as it was when it was opened.

    Use it in a ``with`` block, or close it. Runs may replace the registry's file
    meanwhile: they do not wait for this, and this does not see them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = ExitStack()
        self._engine: Engine = self._held.enter_context(locked_down(path, ()))
        held = migrate.format_of(self._engine, path)
        if held < migrate.FORMAT:
            self.close()
            raise RegistryError.at(
                str(path),
                f"is of format {held}, older than this regpipe reads",
                "the next run brings it up to date",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._held.close()

    @property
    def as_of(self) -> datetime:
        """The time (UTC) that the last run worked as of; 1970 before any run.

        It is the word ``as_of`` in a ``where``, and consent is that in force then.
        """
        return books.as_of(self._engine)

    def customers(self, where: str | None = None) -> Frame:
        """Give one row per customer, ordered by customer_id.

        The columns are those of the customer view: docs/customer-view.md.
        ``where`` is one SQL expression over them, such as ``country = 'SE'``.

        Raises PipelineError when ``where`` is anything else.
        """
        return self._frame(people(self._engine, where, SERVICE, "email", self.as_of))

    def segment(
        self, where: str, *, purpose: str | None = None, channel: str = "email"
    ) -> Frame:
        """Give the customers in a segment; with ``purpose`` those one may write to.

        The columns and the order are those of ``customers``. With a ``purpose``
        the rows are those that a list for it would have: consent by ``channel``
        in force and what more the last run's policies demand, not suppressed, each
        address once.

        Raises PipelineError when ``where`` is not one expression.
        """
        purpose = purpose or SERVICE
        return self._frame(people(self._engine, where, purpose, channel, self.as_of))

    def orders(self, where: str | None = None) -> Frame:
        """Give one row per order, ordered by source and order_id.

        ``customer_id`` is null for guests. ``payment_word`` and
        ``fulfilment_word`` are the store's own words; sums are in ``currency``.

        Raises PipelineError when ``where`` is no SQL expression over these columns.
        """
        return self._frame(books.orders(self._engine, where))

    def order_lines(self) -> Frame:
        """Give one row per line of an order: what was bought, how many, for what.

        Ordered by source, order_id and line_no, which counts from 1.
        """
        return self._frame(books.ORDER_LINES)

    def runs(self) -> Frame:
        """Give one row per run, the newest first, with the sums of its files."""
        return self._frame(books.RUNS)

    def erasures(self) -> Frame:
        """Give one row per person erased, newest first; ``hashes`` keep them out."""
        return self._frame(books.ERASURES)

    def rejects(
        self,
        run: int | None = None,
        source: str | None = None,
        reason: str | None = None,
        *,
        closed: bool | None = False,
    ) -> Frame:
        """Give one row per rejected row that waits to be mended, in file order.

        With ``run`` those that it found, with ``source`` those of one source, with
        ``reason`` those of a check ('required', 'email: required'); with ``closed``
        those that were mended or outdone since, with None both. ``original`` holds
        the cells, ``header`` their columns, ``reasons`` a list of column and check.
        """
        return self._frame(quarantine.rejects(run, source, reason, closed))

    def reject_counts(self, *, by_reason: bool = False) -> Frame:
        """Give how many rejects each run found, closed and left open, newest first.

        One row per run and source that it found or closed rejects of; with
        ``by_reason`` per reason, too, a reject with two reasons under both.
        """
        return self._frame(quarantine.reject_counts(by_reason=by_reason))

    def review(self, kind: str | None = None, *, cells: bool = False) -> Frame:
        """Give one row per open question on who is who, the likeliest pairs first.

        ``kind`` is 'pair' (may these two customers be one?), 'crowded' (a value that
        too many hold to be a key) or 'large' (a cluster of which nobody was merged).
        The records named are the first of each customer; ``reasons`` is a list of key
        and why. With ``cells`` also what the two records say.
        """
        return self._frame(questions.questions(kind, cells=cells))

    def question(self, review_id: int) -> questions.Question | None:
        """Give an open question with its records; None when there is none such."""
        return questions.question_of(self._engine, review_id)

    def decisions(self) -> Frame:
        """Give one row per decision on who is who that is in force, newest first.

        ``decision`` is 'same', 'different' or 'dismissed'; the records named are the
        first of its ``pairs``.
        """
        return self._frame(questions.decisions())

    def evaluate(self, labels: Path) -> Evaluation:
        """Hold the customers against a file that says who is who.

        ``labels`` has the columns source, external_id and person, for some of the
        records or all. What precision and recall are is said in docs/identity.md.

        Raises InputFileError when the file cannot be read or contradicts itself, and
        DataError when the registry holds none of its records.
        """
        return evaluate(self._engine, labels_of(Path(labels)))

    def train(self, labels: Path | None = None) -> Trained:
        """Train a match model on the records, by a file of labels where there is one.

        Needs the extra regpipe[match]. ``labels`` is a file as for ``evaluate``.

        Raises PipelineError without Splink, InputFileError when the labels cannot be
        read, and DataError when there is nothing to learn from.
        """
        return train(self._engine, labels_of(Path(labels)) if labels else None)

    def sql(self, query: str) -> Frame:
        """Give the answer to one SELECT over the registry's tables and views.

        Tables go by their names: ``select count(*) from customers``. Nothing can
        be written, and no other file can be read. Rows come in no order but that
        of an ``order by``.

        Raises PipelineError when it is no single SELECT or names what there is
        not, StepError when it fails on the data.
        """
        return Frame(books.answer(self._engine, query))

    def find(self, identifier: int | str) -> tuple[int, ...]:
        """Give the ids of the customers that an identifier names, the lowest first.

        It is a customer_id (also of a customer merged away), an e-mail or phone
        (also one that only a source record has), or 'source:external_id'.

        Raises PipelineError when it is none of these.
        """
        return customer_ids(self._engine, identifier)

    def customer(
        self, identifier: int | str, *, as_of: datetime | None = None
    ) -> Customer | None:
        """Give all that is known of one customer; None when there is nobody.

        ``identifier`` is as for ``find``. Consent is that in force ``as_of``; None is
        the latest time that a run worked as of.

        Raises DataError when more than one customer has that e-mail or phone.
        """
        found = meant.one(self._engine, identifier)
        if found is None:
            return None
        return customer_of(self._engine, found, as_of or books.latest(self._engine))

    def consent(
        self, identifier: int | str, *, as_of: datetime | None = None
    ) -> Consents:
        """Give every statement of consent on an address, and which is in force.

        ``identifier`` is an e-mail or a phone, of a customer or of nobody, or else one
        of a customer as for ``find``: then all of their addresses. ``as_of`` is as for
        ``customer``.

        Raises DataError when it names no customer or more than one.
        """
        addresses = meant.addresses(self._engine, identifier)
        return consents_of(self._engine, addresses, as_of or books.latest(self._engine))

    def why(
        self,
        identifier: int | str,
        field: str | None = None,
        *,
        as_of: datetime | None = None,
    ) -> Why | None:
        """Give why one customer is as they are; None when there is nobody.

        Which records are they, what ties those, and for each field which record it
        was taken from, by which rule, and what the others say. ``identifier`` is as
        for ``find``, ``as_of`` as for ``customer``; ``field`` asks about one: a column
        of the customer view that sources fill, billing or shipping, consents or
        consent.<purpose>.

        Raises DataError when more than one customer has that e-mail or phone,
        PipelineError when there is no such field.
        """
        found = meant.one(self._engine, identifier)
        if found is None:
            return None
        return why_of(self._engine, found, as_of or books.latest(self._engine), field)

    def listed(
        self,
        identifier: int | str,
        pipeline: Pipeline,
        export: str,
        *,
        as_of: datetime | None = None,
    ) -> Listed | None:
        """Give why a customer is on a list, or the first of its tests that they fail.

        ``pipeline`` is what ``regpipe.spec.load.load_pipeline`` gives, ``export`` the
        name of one of its lists. ``identifier`` and ``as_of`` are as for ``customer``.

        Raises DataError when more than one customer has that e-mail or phone,
        PipelineError when there is no such list.
        """
        found = meant.one(self._engine, identifier)
        if found is None:
            return None
        when = as_of or books.latest(self._engine)
        return listed(self._engine, pipeline, export, when, found)

    def disclosure(
        self, identifier: int | str, pipeline: Pipeline | None = None
    ) -> Disclosure | None:
        """Give all that is held of one person; None when there is nobody.

        ``identifier`` is as for ``find``, also of a customer no more. With ``pipeline``
        (see ``listed``) also the lists that they would be on now. Others' data is left
        out.

        Raises DataError when more than one customer has that e-mail or phone.
        """
        found = meant.held(self._engine, identifier)
        if found is None:
            return None
        asked = meant.number(identifier)
        return disclosure(self._engine, self.path, found, asked, pipeline)

    def proofs(
        self,
        sent: str | Path,
        pipeline: Pipeline | None = None,
        *,
        column: str | None = None,
    ) -> tuple[Proof, ...]:
        """Give what allowed each row of a list that was sent, one proof per file.

        ``sent`` is a file of a list or its manifest, or the name of an export (of
        ``pipeline``, see ``listed``, where one is given): then its newest files.

        Raises InputFileError when a file cannot be read or has no manifest, DataError
        when it is no list to prove, PipelineError when there is no such export.
        """
        found = sent_lists(self._engine, self.path, pipeline, str(sent))
        return tuple(proof(self._engine, self.path, each, column) for each in found)

    def _frame(self, select: str) -> Frame:
        return Frame(self._engine.collect(select))


def open_registry(path: Path) -> Registry:
    """Open the registry at ``path`` for reading.

    Raises RegistryError when the file is missing, no registry, of a newer format
    than this program knows, or held open by another program for writing.
    """
    if not path.exists():
        raise RegistryError.at(
            str(path),
            "there is no registry here",
            "the first 'regpipe run' of a pipeline makes it; if it is elsewhere, "
            "name it with --registry",
        )
    return Registry(path)
