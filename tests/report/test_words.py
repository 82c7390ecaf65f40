import re
from dataclasses import replace

import pytest

from astrid.explain.records import Prediction
from astrid.report.words import pieces, words_html, words_page
from tests.explanations import explanation

NASTY = "<script>alert('x')</script> & \"quoted\" 😀 e\u0301"


def _nasty():
    from astrid.text.words import find_words

    return explanation(NASTY, [1.0] * len(find_words(NASTY)))


def test_the_pieces_are_the_text() -> None:
    item = _nasty()
    assert "".join(piece.text for piece in pieces(item)) == NASTY


def test_half_a_surrogate_pair_is_shown_as_the_sign_for_what_can_not_be() -> None:
    page = words_page([explanation("good \udc80 day", [1, 2])])
    assert b"\xef\xbf\xbd" in page.encode()


def test_opacity_follows_the_size_of_the_score() -> None:
    words = [piece for piece in pieces(explanation("a b c", [2, -1, 0])) if piece.score is not None]
    assert [word.opacity for word in words] == [0.75, 0.375, 0]


def test_scores_of_zero_and_no_words() -> None:
    assert {piece.opacity for piece in pieces(explanation("a b", [0, 0]))} == {0}
    assert pieces(explanation("", [])) == ()


def test_what_was_cut_off_is_marked() -> None:
    last = pieces(explanation("a b c", [1], truncated=True))[-1]
    assert (last.text, last.unseen) == (" b c", True)
    assert not pieces(explanation("a b. ", [1, 1, 1]))[-1].unseen


@pytest.mark.parametrize("html", [words_html(_nasty()), words_page([_nasty()])])
def test_users_text_is_shown_not_run(html: str) -> None:
    assert "<script" not in html
    # Each sign is a word of its own, so that tags lie between the parts.
    bare = re.sub(r"<[^>]*>", "", html.split('dir="auto"')[1])
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &#34;quoted&#34;" in bare


def test_sign_decides_the_class_and_the_tooltip_has_the_score() -> None:
    html = words_html(explanation("good bad", [0.5, -0.25]))
    assert re.search(r'class="w for"[^>]*title="\+0.5">good<', html)
    assert re.search(r'class="w against"[^>]*title="-0.25">bad<', html)


def test_the_answer_stands_beside_its_own_probability() -> None:
    """Two answers share one column, which has the probability of the second."""
    item = explanation("a b", [1, 2])
    answer = Prediction(0, "I", 0.7, (0.3,))
    page = words_page([replace(item, prediction=answer)])
    assert "(0.700)" in page
    assert "(0.300)" not in page
    number = Prediction(0, "price", None, (12.5,))
    assert "(12.500)" in words_html(replace(item, prediction=number))
