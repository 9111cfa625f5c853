"""The domain of an e-mail address, as mail is sent there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.stages.domains import in_ascii


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("info@björk.se", "info@xn--bjrk-6qa.se"),
        ("info@BJÖRK.se", "info@xn--bjrk-6qa.se"),
        ("info@bjo\u0308rk.se", "info@xn--bjrk-6qa.se"),
        ("info@xn--bjrk-6qa.se", "info@xn--bjrk-6qa.se"),
        ("a@例え。jp", "a@xn--r8jz45g.jp"),
        ("a@faß.de", "a@xn--fa-hia.de"),
        ("åsa@x.se", "åsa@x.se"),
        ("a@x☃.se", "a@x☃.se"),
        ("a@" + "ö" * 80 + ".se", "a@" + "ö" * 80 + ".se"),
        ("nobody", "nobody"),
        ("", ""),
    ],
)
def test_a_domain_is_written_as_mail_is_sent_there(address, expected):
    assert in_ascii(address) == expected


@given(st.text("abcåäöüéñçłøđ中文字アнаξ0123", min_size=1, max_size=15))
def test_a_label_is_what_the_older_standard_makes_of_it_where_they_agree(label):
    """Python's own codec knows IDNA 2003, which differs in ß, ς and the joiners."""
    coded = f"{label}.se".encode("idna").decode("ascii")
    assert in_ascii(f"a@{label}.se") == f"a@{coded}"


@given(st.text())
def test_an_address_in_ascii_stays_what_it_is(text):
    assert in_ascii(in_ascii(text)) == in_ascii(text)
