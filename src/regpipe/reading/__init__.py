"""Reading a registry: what ``regpipe.open`` gives."""

from regpipe.reading.chosen import Chosen, Said
from regpipe.reading.customer import Customer
from regpipe.reading.disclosure import Disclosure
from regpipe.reading.frame import Frame
from regpipe.reading.ledger import Consents, Word
from regpipe.reading.listed import Listed
from regpipe.reading.opened import Registry, open_registry
from regpipe.reading.proof import Proof
from regpipe.reading.why import Why

__all__ = [
    "Chosen",
    "Consents",
    "Customer",
    "Disclosure",
    "Frame",
    "Listed",
    "Proof",
    "Registry",
    "Said",
    "Why",
    "Word",
    "open_registry",
]
