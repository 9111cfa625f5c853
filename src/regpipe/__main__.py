"""Run the command line: ``python -m regpipe``."""

from regpipe.cli import main

main()
