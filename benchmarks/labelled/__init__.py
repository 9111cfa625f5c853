"""Labelled customers: invented people in four stores, and who is who among them.

    python -m benchmarks.labelled --customers 20000 --seed 1 --out FOLDER

Made to measure identity resolution with, and to train a model on. The records are
troubled as those of real stores are (``rates``), whatever that does to anybody's keys.
"""
