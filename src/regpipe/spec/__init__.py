"""What a pipeline file may say, and how one is read.

The models stand in ``pipeline`` (and, part by part, in ``columns``, ``rules``,
``consent`` and ``exports``), the checks across its parts in ``checks`` and
``column_checks``; ``load`` reads a file by ``yaml`` and tells its faults by ``faults``.
"""

from regpipe.spec.columns import Column, Statement
from regpipe.spec.consent import Consent
from regpipe.spec.exports import Export
from regpipe.spec.pipeline import (
    ConsentSource,
    Csv,
    CustomerSource,
    OrderSource,
    Pipeline,
    Source,
)
from regpipe.spec.rules import Identity, Rule, Score, Survivorship

__all__ = [
    "Column",
    "Consent",
    "ConsentSource",
    "Csv",
    "CustomerSource",
    "Export",
    "Identity",
    "OrderSource",
    "Pipeline",
    "Rule",
    "Score",
    "Source",
    "Statement",
    "Survivorship",
]
