import pytest

from events.templatetags.venue import name_and_address


@pytest.mark.parametrize(
    ("place", "parts"),
    [
        ("The Signal Box, 71 Junction Parade, Brixton", ("The Signal Box", "71 Junction Parade, Brixton")),
        ("The Signal Box", ("The Signal Box", "")),
        ("22, High Street", ("22, High Street", "")),
        (", High Street", (", High Street", "")),
        ("Кафе, Невский 1", ("Кафе", "Невский 1")),
        ("", ("", "")),
    ],
)
def test_venue_is_the_words_before_the_first_comma(place, parts):
    assert name_and_address(place) == parts
