"""Whatever a pipeline file holds, it loads or is refused in good order."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from regpipe.errors import PipelineError
from regpipe.spec import Pipeline
from regpipe.spec.load import load_pipeline

DOCS = Path(__file__).parents[1] / "docs" / "pipeline-file.md"


def whole() -> dict[str, object]:
    text = DOCS.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    return YAML(typ="safe", pure=True).load(text)


KEYS = st.sampled_from(
    (
        *("pipeline", "registry", "sources", "identity", "survivorship", "exports"),
        *("checks", "shop", "kind", "files", "columns", "csv", "tolerate", "email"),
        *("external_id", "phone", "consent.newsletter", "consent.x.sms", "from"),
        *("value", "words", "format", "at", "granted", "yes", "match", "default"),
        *("groups", "to", "purpose", "for_each", "fields", "never_match_on", "where"),
        *("customers", "shipping.city", "order_id", "ordered_at", "", "<<", "\ud800"),
    )
)
TEXTS = st.one_of(
    st.sampled_from(
        (
            "customers",
            "orders",
            "consents",
            "newest",
            "${A}",
            "${",
            "{group}",
            "%d",
            "SE",
        )
    ),
    st.text(max_size=8),
)
SCALARS = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.floats())
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(KEYS, st.integers()), inner, max_size=6),
    ),
    max_leaves=30,
)


def outcome(folder: Path, raw: bytes) -> Pipeline | None:
    path = folder / "fuzz.yaml"
    path.write_bytes(raw)
    try:
        return load_pipeline(path, {"A": "a"})
    except PipelineError as refused:
        problems = refused.problems
    assert all(str(problem) for problem in problems)
    return None


def dumped(tree: object) -> bytes:
    out = BytesIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.dump(tree, out)
    return out.getvalue()


@given(tree=TREES)
@settings(max_examples=100, deadline=None)
def test_any_tree_loads_or_is_refused(tmp_path_factory, tree):
    outcome(tmp_path_factory.getbasetemp(), dumped(tree))


@given(text=st.text(st.characters(), max_size=60))
@example("? a\n: b")
@example("a: !!binary x")
@example("- 1")
@example("a: 1" + "0" * 5000)
@settings(max_examples=100, deadline=None)
def test_any_text_loads_or_is_refused(tmp_path_factory, text):
    outcome(tmp_path_factory.getbasetemp(), text.encode("utf-8", "surrogatepass"))


@given(
    place=st.lists(st.integers(0, 9), max_size=5),
    tree=TREES,
)
@settings(max_examples=60, deadline=None)
def test_a_sound_file_with_one_part_replaced_loads_or_is_refused(
    tmp_path_factory, place, tree
):
    tree_of_docs = whole()
    node = tree_of_docs
    for number, step in enumerate(place):
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            break
        key = keys[step % len(keys)]
        if number == len(place) - 1 or not isinstance(node[key], (dict, list)):
            node[key] = tree
            break
        node = node[key]
    outcome(tmp_path_factory.getbasetemp(), dumped(tree_of_docs))


NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True)
HEADERS = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8)
SOUND = st.fixed_dictionaries(
    {
        "pipeline": NAMES,
        "registry": st.just("r.duckdb"),
        "sources": st.dictionaries(
            NAMES,
            st.fixed_dictionaries(
                {
                    "kind": st.just("customers"),
                    "files": st.lists(HEADERS, min_size=1, max_size=2),
                    "columns": st.fixed_dictionaries(
                        {"email": st.one_of(HEADERS, st.builds(dict, value=HEADERS))},
                        optional={
                            "note": st.fixed_dictionaries({"from": HEADERS}),
                            "shipping.city": HEADERS,
                            "consent.news": st.fixed_dictionaries(
                                {"from": HEADERS, "granted": st.lists(HEADERS)}
                            ),
                        },
                    ),
                },
                optional={
                    "tolerate": st.floats(0, 1),
                    "delivery": st.sampled_from(("full", "delta")),
                    "timezone": st.sampled_from(("UTC", "Europe/Oslo")),
                },
            ),
            min_size=1,
            max_size=3,
        ),
    },
    optional={
        "survivorship": st.just({"default": "longest", "groups": "union"}),
        "identity": st.just({"match": [["email"]]}),
    },
)


@given(tree=SOUND)
@settings(max_examples=50, deadline=None)
def test_a_sound_mapping_written_and_read_gives_the_same_pipeline(
    tmp_path_factory, tree
):
    folder = tmp_path_factory.getbasetemp()
    expected = Pipeline.model_validate(tree, context=folder)
    read = outcome(folder, json.dumps(tree, ensure_ascii=False).encode())
    assert read == expected
