"""Reading a registry: what ``regpipe.open`` gives."""

from regpipe.reading.chosen import Chosen, Said
from regpipe.reading.customer import Customer
from regpipe.reading.frame import Frame
from regpipe.reading.opened import Registry, open_registry
from regpipe.reading.why import Why

__all__ = [
    "Chosen",
    "Customer",
    "Frame",
    "Registry",
    "Said",
    "Why",
    "open_registry",
]
