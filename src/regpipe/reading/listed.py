"""Why a customer is on a list, or which test of it they do not pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.reading.customer import known_addresses
from regpipe.reading.ledger import Word, consents_of
from regpipe.spec import Pipeline
from regpipe.spec.consent import Consent
from regpipe.sql.consent_by_hand import BY_HAND
from regpipe.sql.fitted import INCOMPLETE
from regpipe.sql.gate import SERVICE, policies_of
from regpipe.stages.judging import Judged, judge

Row = Mapping[str, Any]

SEGMENT, GROUP = "in the segment", "in a group"
GRANTED = "granted"

TESTS: Mapping[str, str] = MappingProxyType(
    {
        "without_address": "has an address",
        "without_consent": "consent is in force",
        "not_confirmed": "the consent was confirmed",
        "consent_too_old": "the consent is young enough",
        "suppressed": "is not suppressed",
        "same_address": "once per address",
        INCOMPLETE: "the importer takes the row",
    }
)
"""What each refusal of a list is the failure of, in the words of a test."""


@dataclass(frozen=True)
class Listed:
    """What becomes of one customer on one list, as of a time (UTC).

    ``tests`` are in the order in which they are made, each with ``test``, ``passed``
    (null: not asked, for one before it failed; but somebody outside the segment is
    asked about all the same) and ``told``. ``fails`` is the first that failed, null
    for who is on the list. ``groups`` are the keys of the groups whose list they are
    on. ``word`` is what was said of the purpose on their address.
    """

    customer_id: int
    export: str
    purpose: str
    channel: str
    as_of: datetime
    on_list: bool
    fails: str | None
    tests: tuple[Row, ...]
    groups: tuple[str, ...]
    word: Word | None

    def as_dict(self) -> dict[str, Any]:
        """Give it all as plain dicts and lists."""
        return asdict(self)


def listed(
    engine: Engine, pipeline: Pipeline, name: str, as_of: datetime, customer_id: int
) -> Listed:
    """Give what becomes of a customer that there is on a list, and why.

    Raises PipelineError for a name there is not, or a ``where`` that cannot run.
    """
    judged = judge(engine, pipeline, name, as_of, customer_id)
    export = judged.export
    word = None
    if export.purpose != SERVICE and judged.address:
        addresses: tuple[str, ...] = (judged.address,)
        if pipeline.consent.follows == "person":
            addresses = known_addresses(engine, customer_id)
        said = consents_of(engine, addresses, as_of).words
        stated = (export.purpose, export.channel)
        of = [each for each in said if (each.purpose, each.channel) == stated]
        word = max(of, key=_weight, default=None)
    tests = tuple(_tests(judged, pipeline.consent, word))
    failed = [each["test"] for each in tests if each["passed"] is False]
    groups = tuple(
        key for key, refusal in judged.refusals.items() if key and refusal is None
    )
    return Listed(
        customer_id=customer_id,
        export=name,
        purpose=export.purpose,
        channel=export.channel,
        as_of=as_of,
        on_list=not failed,
        fails=failed[0] if failed else None,
        tests=tests,
        groups=groups if not failed else (),
        word=word,
    )


def _weight(word: Word) -> tuple[bool, bool, datetime, bool]:
    """Give by what the word counts that is said of one of several addresses."""
    at = word.said_at or datetime(1, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    return word.status is not None, word.said_at is not None, at, word.status != GRANTED


def _tests(judged: Judged, consent: Consent, word: Word | None) -> list[Row]:
    """Give the tests of a list in their order, and what came of each."""
    tests = [_test(SEGMENT, judged.in_segment, _segment(judged))]
    if judged.export.for_each == "group":
        keys = ", ".join(key for key in judged.refusals if key)
        tests.append(_test(GROUP, bool(judged.refusals), keys or "no group"))
    refused = [each for each in judged.refusals.values() if each]
    kept_off = len(refused) == len(judged.refusals)
    refusal = refused[0] if refused and kept_off else None
    names = judged.tests
    if refusal is not None and refusal not in names:
        names = (refusal, *names)
    asked = bool(judged.refusals)
    for each in names:
        passed = each != refusal if asked else None
        said = _told(each, judged, consent, word) if passed is not None else ""
        tests.append(_test(TESTS.get(each, each), passed, said))
        asked = asked and each != refusal
    return tests


def _test(test: str, passed: bool | None, told: str) -> Row:
    return {"test": test, "passed": passed, "told": told}


def _segment(judged: Judged) -> str:
    where = judged.export.where
    if where is None:
        return "everybody is"
    read = ", ".join(f"{name} is {_shown(v)}" for name, v in judged.read.items())
    return f"{where}: {read}" if read else where


def _shown(value: object) -> str:
    match value:
        case None:
            return "blank"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "blank"
    return str(value)


def _told(refusal: str, judged: Judged, consent: Consent, word: Word | None) -> str:
    """Say what a test looked at."""
    match refusal:
        case "without_address":
            return judged.address or "none"
        case "without_consent":
            said = word_in_words(word)
            if judged.last_order_at is not None and _granted(word) is None:
                bought = f"{judged.last_order_at:%Y-%m-%d %H:%M:%S}"
                said = f"an existing customer, who bought last at {bought}; {said}"
            rules = policy_in_words(consent, judged.export.purpose, judged.country)
            return f"{said}; {rules}" if rules else said
        case "not_confirmed":
            mine = _granted(word)
            at = mine["confirmed_at"] if mine else None
            return f"confirmed at {at:%Y-%m-%d %H:%M:%S}" if at else "no time of it"
        case "consent_too_old":
            mine = _granted(word)
            at = mine["said_at"] if mine else None
            return f"given at {at:%Y-%m-%d %H:%M:%S}" if at else "it has no time"
        case "suppressed":
            return ", ".join(word.reasons) if word else ""
        case "same_address" if judged.same_as is not None:
            return f"customer {judged.same_as} has it, too, and the lower number"
    return ""


def _granted(word: Word | None) -> Row | None:
    said = word.decides if word is not None else None
    return said if said is not None and said["status"] == GRANTED else None


def word_in_words(word: Word | None) -> str:
    """Say which word is in force, why that one, and where it was read."""
    if word is None:
        return "nobody has made a statement"
    said = word.decides
    if said is None:
        return word.because
    place = f"{said['file']}, row {said['row_number']}" if said["file"] else BY_HAND
    since = f" since {said['said_at']:%Y-%m-%d %H:%M:%S}" if said["said_at"] else ""
    return f"{word.status}{since} ({word.because}; {place})"


def policy_in_words(consent: Consent, purpose: str, country: str | None) -> str:
    """Say what is demanded beyond a grant of a customer in a country; blank if nothing.

    Whose country is not known must meet every policy.
    """
    policies = policies_of(consent, purpose)
    if country is None:
        which = list(policies)
    else:
        fit = [p for p in policies if not p.countries or country in p.countries]
        which = fit[:1]
    told = []
    for policy in which:
        demands = []
        if policy.double_opt_in:
            demands.append("confirmed")
        if policy.renew_after is not None:
            demands.append(f"no older than {policy.renew_after}")
        if policy.existing_customers is not None:
            demands.append(f"or an order within {policy.existing_customers}")
        if demands:
            told.append(", ".join(demands))
    if not told:
        return ""
    return f"policy for {country or 'an unknown country'}: {' and '.join(told)}"
