"""``import regpipe``: open, run and plan, as a notebook has them."""

import subprocess
import sys
from datetime import UTC, datetime

import pandas as pd
import pytest

import regpipe
from regpipe.errors import RegistryError

PIPELINE = """\
pipeline: small
registry: registry.duckdb
sources:
  shop:
    kind: customers
    files: shop.csv
    columns: {external_id: Id, email: Email, last_name: Last}
"""


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "small.yaml").write_text(PIPELINE)
    (tmp_path / "shop.csv").write_text("Id,Email,Last\n1,a@example.com,Berg\n")
    return tmp_path


def test_a_notebook_plans_runs_and_reads(shop):
    as_of = datetime(2026, 6, 1, tzinfo=UTC)
    planned = regpipe.plan(shop / "small.yaml", as_of=as_of)
    assert (planned.run, planned.changes["customers created"]) == (None, 1)
    done = regpipe.run(str(shop / "small.yaml"), as_of=as_of)
    assert (done.run, done.deltas) == (1, planned.deltas)
    with regpipe.open(shop / "registry.duckdb") as registry:
        frame = registry.customers("last_name = 'Berg'").df()
    assert isinstance(frame, pd.DataFrame)
    assert frame["email"].tolist() == ["a@example.com"]


def test_a_notebook_replays_what_was_mended(shop):
    (shop / "shop.csv").write_text("Id,Email,Last\n1,a@example.com,Berg\n2,b,Ek\n")
    as_of = datetime(2026, 6, 1, tzinfo=UTC)
    regpipe.run(shop / "small.yaml", as_of=as_of)
    with regpipe.open(shop / "registry.duckdb") as registry:
        rejects = registry.rejects().df()
    mended = shop / "mend.csv"
    mended.write_text(
        f"regpipe_reject,Id,Email,Last\n{rejects['reject_id'][0]},2,b@x.se,Ek\n"
    )
    done = regpipe.replay(shop / "small.yaml", mended, as_of=as_of)
    assert done.changes["rejects closed"] == 1
    with regpipe.open(shop / "registry.duckdb") as registry:
        assert registry.rejects().arrow().num_rows == 0
        assert registry.rejects(closed=True).df()["closed"].tolist() == ["mended"]
        assert registry.rejects(closed=None).arrow().num_rows == 1
        assert len(registry.customers().df()) == 2


def test_a_registry_that_is_not_there_is_a_registry_error(tmp_path):
    with pytest.raises(RegistryError, match="there is no registry here"):
        regpipe.open(tmp_path / "registry.duckdb")


def test_run_and_plan_stay_functions_although_modules_are_called_so():
    """Python would put a module of that name in the place of the function."""
    program = """
from regpipe.run import run_pipeline
import regpipe
import regpipe.plan
print(type(regpipe.run).__name__, type(regpipe.plan).__name__)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "function function\n"
