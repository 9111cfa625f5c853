"""The version of the program, as the registry records it for each run."""

VERSION = "0.1.0"
