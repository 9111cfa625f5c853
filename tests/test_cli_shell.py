"""The command line as such: versions, usage errors, JSON, Ctrl-C, pipes, terminals."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import click
import pytest

import regpipe as package
from regpipe.cli import commands, options, terminal
from regpipe.cli.reference import reference
from regpipe.errors import Problem

TOP = Path(__file__).parents[1]


def test_the_version_is_that_of_the_package(regpipe):
    told = regpipe("--version")
    assert (told.code, told.out) == (0, f"regpipe {package.__version__}\n")


def test_without_a_command_there_is_help(regpipe):
    assert regpipe() == regpipe("--help")
    assert regpipe().out.startswith("Usage: regpipe [OPTIONS] COMMAND [ARGS]...")


@pytest.mark.parametrize(
    ("words", "where", "what"),
    [
        (["rum"], "regpipe", "no such command 'rum'. Did you mean 'run'?"),
        (["run"], "regpipe run", "missing argument 'PIPELINE'"),
        (
            ["run", "a.yaml", "--wait", "long"],
            "regpipe run",
            "invalid value for '--wait': 'long' is not a valid float range",
        ),
        (
            ["run", "a.yaml", "--as-of", "tomorrow"],
            "regpipe run",
            "invalid value for '--as-of': not a date or time such as 2026-05-31 or "
            "2026-05-31T22:00:00+02:00",
        ),
    ],
)  # fmt: skip
def test_a_usage_error_says_where_what_and_what_to_try(regpipe, words, where, what):
    told = regpipe(*words)
    assert told.out == ""
    assert told.err == f"error: {where}: {what}\n    hint: see '{where} --help'\n"
    assert told.code == 2


def test_with_json_an_error_is_one_document_too(regpipe):
    told = regpipe("run", "--json")
    assert told.code == 2
    assert json.loads(told.out) == {
        "exit_code": 2,
        "problems": [
            {
                "where": "regpipe run",
                "what": "missing argument 'PIPELINE'",
                "hint": "see 'regpipe run --help'",
            }
        ],
    }
    assert told.err.startswith("error: regpipe run: missing argument")


def test_every_command_says_its_exit_codes_and_can_print_json():
    for name, command in leaves(commands.commands):
        assert "Exit code 0" in command.help, name
        if not name.endswith(" write"):  # which writes a file, or stdout with -
            assert "--json" in {o for p in command.params for o in p.opts}, name


def leaves(found, group=""):
    """Give the commands that do something, each with its whole name."""
    for name, command in found.items():
        inner = getattr(command, "commands", {})
        if not inner or command.invoke_without_command:
            yield f"{group}{name}", command
        yield from leaves(inner, f"{group}{name} ")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-05-31", datetime(2026, 5, 31, tzinfo=UTC)),
        ("2026-05-31T22:00", datetime(2026, 5, 31, 22, tzinfo=UTC)),
        ("2026-05-31T22:00:00+02:00", datetime(2026, 5, 31, 20, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_utc(text, when):
    @click.command()
    @options.as_of_option
    def command(as_of):
        assert as_of == when
        assert as_of.tzinfo is UTC

    command.main(["--as-of", text], standalone_mode=False)


@pytest.mark.parametrize(
    ("stages", "left"),
    [
        (["extract", "apply"], "nothing was written"),
        (["extract", "apply", "publish"], "the registry is whole and no list is half "
         "written; run it again"),
    ],
)  # fmt: skip
def test_ctrl_c_says_what_it_leaves_in_one_line(regpipe, monkeypatch, stages, left):
    @click.command()
    def work():
        with terminal.working(quiet=False) as progress:
            for stage in stages:
                progress(stage, "shop")
            raise KeyboardInterrupt

    monkeypatch.setitem(commands.commands, "work", work)
    told = regpipe("work")
    assert (told.code, told.out, told.err) == (130, "", f"stopped: {left}\n")


def test_a_reader_who_leaves_early_is_no_error():
    """As ``regpipe runs | head -1`` does."""
    program = """
import sys
from regpipe.cli import terminal
for number in range(100_000):
    terminal.say(str(number))
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 141


def test_a_table_in_a_pipe_is_plain_and_aligned(capsys):
    terminal.table(
        "files",
        ("source", "read", "at"),
        [("shop", 12, datetime(2026, 5, 31, 20, 1, 2)), ("other_shop", 1234, None)],
    )
    assert capsys.readouterr().out == (
        "files\n"
        "  source      read  at\n"
        "  shop          12  2026-05-31 20:01:02\n"
        "  other_shop  1234\n"
    )


def test_a_json_document_keeps_values_exact(capsys):
    terminal.document(
        {"total": Decimal("0.10"), "on": date(2026, 5, 31), "name": "Åsa"}
    )
    assert capsys.readouterr().out == (
        '{\n  "total": "0.10",\n  "on": "2026-05-31",\n  "name": "Åsa"\n}\n'
    )


def test_a_terminal_without_the_letters_gets_escapes_and_a_document_stays_utf_8():
    program = """
from regpipe.cli import terminal
terminal.say("Åsa Ł")
terminal.document({"name": "Åsa"})
terminal.raw("Åsa\\n")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == (
        b'\xc5sa \\u0141\n{\n  "name": "\\u00c5sa"\n}\n' + "Åsa\n".encode()
    )


def test_what_a_file_holds_cannot_steer_the_terminal(capsys):
    terminal.table("x", ("name",), [("\x1b[2J\x07Eve\r\n\u202egnp",)])
    terminal.fail([Problem("a\x1b[2J.yaml:3", "wrong", "try\x07")])
    told = capsys.readouterr()
    assert told.out == "x\n  name\n  \\x1b[2J\\x07Eve\\r\\n\\u202egnp\n"
    assert told.err == "error: a\\x1b[2J.yaml:3: wrong\n    hint: try\\x07\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_gets_drawn_tables_and_progress_that_goes_away():
    import pty

    program = """
import time
from regpipe.cli import terminal
with terminal.working(quiet=False) as progress:
    progress("merge", "[bold]shop")
    time.sleep(0.5)
terminal.table("lists", ("list", "rows"), [("[red]vip", 7)])
"""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "60"},
    ) as process:
        os.close(theirs)
        seen = b""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                seen += os.read(ours, 10_000)
            except OSError:  # the other end is closed
                break
        assert process.wait() == 0
    os.close(ours)
    text = seen.decode()
    assert "merge      [bold]shop" in text
    assert "│ [red]vip │    7 │" in text


def test_the_reference_in_docs_is_current():
    """``make docs`` writes it."""
    kept = (TOP / "docs" / "cli.md").read_text(encoding="utf-8")
    assert kept == reference()


def test_python_dash_m_runs_the_same_program():
    done = subprocess.run(
        [sys.executable, "-m", "regpipe", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"regpipe {package.__version__}\n"
