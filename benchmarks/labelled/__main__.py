"""Make labelled customers from the command line."""

from benchmarks.labelled.folder import main

if __name__ == "__main__":
    main()
