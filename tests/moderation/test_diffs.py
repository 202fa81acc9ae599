from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.diffs import MAX_MATCHES, Piece, differences

WORDS = st.lists(st.sampled_from(["one", "two", "three", "four"]), max_size=40).map(" ".join)


def pieces(before, after):
    (field,) = differences({"title": before}, {"title": after})
    return [(piece.kind, piece.text.strip()) for piece in field.pieces]


def test_only_fields_that_differ_are_told_in_their_order():
    before = {"title": "Picnic", "place": "Common", "body": ""}
    after = {"place": "Park", "title": "Picnic", "body": "Bring food"}

    assert [field.name for field in differences(before, after)] == ["place", "body"]


def test_words_that_were_put_in_and_taken_out_are_told_among_those_that_stayed():
    assert pieces("Open picnic on the common", "Open big picnic in the common") == [
        ("equal", "Open"),
        ("insert", "big"),
        ("equal", "picnic"),
        ("delete", "on"),
        ("insert", "in"),
        ("equal", "the common"),
    ]


def test_html_is_compared_by_its_words():
    assert pieces("<p>Bring a friend.</p>", "<p>Bring <b>two</b> friends.</p>") == [
        ("equal", "Bring"),
        ("delete", "a friend."),
        ("insert", "two friends."),
    ]


def test_html_with_the_same_words_is_compared_as_source():
    assert pieces('<a href="https://a.example">here</a>', '<a href="https://b.example">here</a>') == [
        ("equal", "<a"),
        ("delete", 'href="https://a.example">here</a>'),
        ("insert", 'href="https://b.example">here</a>'),
    ]


def test_a_long_stretch_that_stayed_is_told_by_its_ends():
    words = [f"w{number}" for number in range(100)]

    stayed, added = pieces(" ".join(words), " ".join([*words, "more"]))

    assert (stayed[1].split(), added) == ([*words[:12], "…", *words[-12:]], ("insert", "more"))


def test_texts_that_repeat_a_word_very_often_are_told_as_a_whole():
    """Word by word such a comparison takes minutes, and an author could keep moderators from their queue."""
    before, after = "a " * MAX_MATCHES + "a", "a b " * MAX_MATCHES + "c"

    (field,) = differences({"body": before}, {"body": after})

    assert [piece.kind for piece in field.pieces] == ["equal", "delete", "insert"]
    assert field.pieces[0] == Piece("equal", "a ")


def test_a_word_changed_in_a_long_text_is_told_with_what_is_around_it():
    before = " ".join(f"word{number}" for number in range(20_000))

    (field,) = differences({"body": before}, {"body": before.replace("word10000 ", "other ")})

    assert [(piece.kind, piece.text) for piece in field.pieces if piece.kind != "equal"] == [
        ("delete", "word10000 "),
        ("insert", "other "),
    ]
    assert all(len(piece.text) < 400 for piece in field.pieces)


def test_a_field_that_is_new_is_put_in_and_one_that_is_emptied_taken_out():
    (new,) = differences({}, {"place": "Park"})

    assert (new.name, [piece.kind for piece in new.pieces]) == ("place", ["insert"])
    assert (pieces("", "Park"), pieces("Park", "")) == ([("insert", "Park")], [("delete", "Park")])


@settings(max_examples=60)
@given(WORDS, WORDS)
def test_what_stayed_and_what_was_put_in_make_the_new_text(before, after):
    found = differences({"title": before}, {"title": after})

    told = [piece for field in found for piece in field.pieces]
    if before == after:
        assert found == []
    elif not any("…" in piece.text for piece in told):
        assert " ".join("".join(piece.text for piece in told if piece.kind != "delete").split()) == after
        assert sorted("".join(f"{piece.text} " for piece in told if piece.kind != "insert").split()) == sorted(
            before.split()
        )
