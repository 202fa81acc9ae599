"""How much one connection may send: counted, refused and forgotten, whatever becomes of the cache."""

import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import HttpResponse
from django.test import RequestFactory

from events_site import limits
from tests.factories import make_user

NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
REDIS = ("127.0.0.1", 6379)


def answers(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=0.5).close()
    except OSError:
        return False
    return True


# Every cache that the site can have: Redis where one runs.
STORES = ["memory", *(["redis"] if answers(REDIS) else [])]


def use_redis(settings, host, port) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://{host}:{port}/9",
            "KEY_PREFIX": uuid.uuid4().hex,
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        }
    }


@pytest.fixture(params=STORES)
def store(request, settings):
    if request.param == "redis":
        use_redis(settings, *REDIS)
    return request.param


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    return time_machine


def request_from(address: str = "192.0.2.1", **headers):
    return RequestFactory().get("/", REMOTE_ADDR=address, **headers)


def hits(name: str, number: int, who=None) -> list[int]:
    return [limits.hit(name, who or request_from()) for _ in range(number)]


# Counting


def test_five_posts_in_ten_minutes_and_then_a_wait(store, clock):
    clock.shift(60)

    assert hits("post", 7) == [0, 0, 0, 0, 0, 541, 541]

    clock.shift(541)
    assert hits("post", 1) == [0]


def test_thirty_posts_a_day_and_what_was_refused_is_not_among_them(store, clock):
    for _ in range(6):
        assert hits("post", 6)[:5] == [0] * 5
        clock.shift(timedelta(minutes=10))

    assert hits("post", 1) == [11 * 3600 + 1]

    clock.shift(timedelta(hours=11, seconds=1))
    assert hits("post", 1) == [0]


def test_kinds_and_clients_are_counted_apart(store):
    hits("post", 6)

    assert limits.hit("comment", request_from()) == 0
    assert limits.hit("post", request_from("192.0.2.2")) == 0


def test_same_form_sent_again_counts_once(store):
    assert [limits.hit("post", request_from(), once="a-form") for _ in range(8)] == [0] * 8
    assert hits("post", 5) == [0, 0, 0, 0, 601]


def test_no_more_than_the_limit_passes_at_the_same_moment(store):
    with ThreadPoolExecutor(12) as threads:
        waits = list(threads.map(lambda _number: limits.hit("post", request_from()), range(60)))

    assert waits.count(0) == 5


# Who is who


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:0:0:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("nonsense", "other nonsense", False),
    ],
)
def test_connections_are_told_apart(one, other, same):
    assert (limits.client(request_from(one)) == limits.client(request_from(other))) is same


def test_account_is_known_wherever_it_comes_from(db):
    user = make_user()
    one, other = request_from(), request_from("192.0.2.2")
    one.user = other.user = user
    stranger = request_from()
    stranger.user = AnonymousUser()

    assert limits.client(one) == limits.client(other) != limits.client(stranger)


def test_name_typed_at_the_login_is_counted_whatever_its_case():
    assert limits.account(" Alice ") == limits.account("alice") != limits.account("bob")
    assert "alice" not in limits.account("alice").key


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.7", "127.0.0.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "10.0.0.1", ""),
        (1, "", ""),
    ],
)
def test_behind_proxies_only_what_they_wrote_is_believed(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies

    assert limits.address_of(request_from("127.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)) == expected


def test_everybody_on_tor_shares_one_counter_with_twenty_times_the_limit(settings, tmp_path, store):
    exits = tmp_path / "exits"
    exits.write_text("198.51.100.1\n198.51.100.2\n")
    settings.TOR_EXIT_LIST = str(exits)
    settings.TOR_ADDRESSES = {"127.0.0.1"}
    on_tor = [request_from(address) for address in ("127.0.0.1", "198.51.100.1", "198.51.100.2")]

    assert len({limits.client(request) for request in on_tor}) == 1
    assert [limits.hit("post", on_tor[number % 3]) for number in range(101)] == [*[0] * 100, 601]


def test_list_of_tor_exits_is_read_again_when_it_changes(settings, tmp_path):
    exits = tmp_path / "exits"
    settings.TOR_EXIT_LIST = str(exits)
    request = request_from("198.51.100.1")
    assert limits.client(request).share == 1  # There is no such file yet.

    exits.write_text("198.51.100.1\n")

    assert limits.client(request).share == 20


def test_connection_without_an_address_shares_too():
    assert limits.client(request_from("")).share == 20


# Nothing is kept


def test_key_of_the_day_is_another_one_the_next_day(store, clock):
    before = limits.client(request_from())
    assert limits.client(request_from()) == before

    clock.shift(timedelta(hours=12))

    assert limits.client(request_from()) != before


def test_key_of_the_day_goes_with_the_cache():
    before = limits.client(request_from())

    cache.clear()

    assert limits.client(request_from()) != before


def test_counters_of_thousands_of_strangers_do_not_pile_up(clock):
    for number in range(1_000):
        hits("report", 1, request_from(f"10.0.{number // 256}.{number % 256}"))
    assert hits("report", 10, request_from("10.0.0.0")) == [*[0] * 9, 3601]  # None was thrown out meanwhile.

    for number in range(15_000):
        limits.hit("report", limits.Client(str(number)))
    assert len(cache._cache) <= 10_000  # type: ignore[attr-defined]


# When the cache fails


def test_processes_count_by_themselves_while_the_cache_is_gone(settings, caplog):
    use_redis(settings, "127.0.0.1", 1)

    assert hits("post", 7) == [0, 0, 0, 0, 0, 601, 601]
    assert caplog.messages == ["The cache does not answer: each process counts for itself."]


def test_cache_that_does_not_answer_holds_nobody_up(settings):
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        use_redis(settings, *server.getsockname())
        began = time.perf_counter()

        assert hits("post", 7) == [0, 0, 0, 0, 0, 601, 601]

        assert time.perf_counter() - began < 2


def test_cache_that_comes_back_is_used_again(settings, monkeypatch):
    working = settings.CACHES
    use_redis(settings, "127.0.0.1", 1)
    hits("post", 5)
    settings.CACHES = working
    monkeypatch.setattr(limits, "BREAK", -1)

    assert hits("post", 6) == [0, 0, 0, 0, 0, 601]


# The answer


def test_answer_says_when_to_come_back():
    response = limits.answered(HttpResponse("typed"), 541)

    assert (response.status_code, response["Retry-After"], response.content) == (429, "541", b"typed")
    assert limits.answered(HttpResponse(), 0).status_code == 200


@pytest.mark.parametrize(
    ("seconds", "when"),
    [
        (1, "in 1 minute."),
        (61, "in 2 minutes."),
        (5_400, "in 90 minutes."),
        (5_401, "in 2 hours."),
        (86_400, "in 24 hours."),
    ],
)
def test_sentence_names_the_wait_and_who_else_may_meet_it(seconds, when):
    assert when in limits.sentence(seconds)
    assert "Tor" in limits.sentence(seconds)
    assert "Nothing is lost" in limits.sentence(seconds)
