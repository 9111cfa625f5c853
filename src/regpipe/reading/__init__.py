"""Reading a registry: what ``regpipe.open`` gives."""

from regpipe.reading.customer import Customer
from regpipe.reading.frame import Frame
from regpipe.reading.opened import Registry, open_registry

__all__ = ["Customer", "Frame", "Registry", "open_registry"]
