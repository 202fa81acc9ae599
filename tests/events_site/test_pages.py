import pytest


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/events", "/login", "/events/new", "/nowhere"])
def test_page_bears_the_sites_name(client, path):
    page = client.get(path).content.decode()

    assert " · The Noticeboard</title>" in page
    assert 'href="/">The Noticeboard</a>' in page
