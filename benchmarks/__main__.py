"""Run ``python -m benchmarks``: regpipe against the bare script."""

from benchmarks.compare import main

if __name__ == "__main__":
    main()
