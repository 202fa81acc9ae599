"""How much one connection may send in a while, without anybody's address being kept.

A client is known by a keyed hash of its address. The key is random, lives in the cache for a day at most, and is
written nowhere else: when it is gone, nobody can tell whose the counters were. `settings.LIMITS` has the numbers.
"""

import hashlib
import hmac
import ipaddress
import logging
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from redis.exceptions import RedisError

DAY = 24 * 60 * 60
# So many times the usual limit holds for those who cannot be told apart: everybody on Tor.
SHARED = 20
# After the cache has failed, processes count by themselves for so many seconds before they ask it again.
BREAK = 30

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Client:
    """Whom a counter is for, and how many times the usual limit they have."""

    key: str
    share: int = 1


def client(request: HttpRequest) -> Client:
    """Whoever sends `request`: an account where somebody is logged in, otherwise a connection."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return Client(f"account:{user.pk}")
    address = address_of(request)
    if not address or address in settings.TOR_ADDRESSES or address in _tor_exits():
        return Client("shared", SHARED)
    return Client(hmac.new(_store.key_of_the_day(), _network(address).encode(), hashlib.sha256).hexdigest()[:32])


def account(name: str) -> Client:
    """The account that somebody tries to enter, under whatever name they typed."""
    typed = name.strip().casefold().encode()
    return Client(hmac.new(_store.key_of_the_day(), b"account:" + typed, hashlib.sha256).hexdigest()[:32])


def hit(name: str, who: HttpRequest | Client, *, once: str = "") -> int:
    """Counts one more `name` for `who`. Returns 0, or how many seconds to wait, and then does not count it.

    What is sent again under the same random key `once` is not counted again.
    """
    who = who if isinstance(who, Client) else client(who)
    return _store.hit(name, who, once)


def forget() -> None:
    """Begins to count anew in this process, and asks the cache again."""
    global _store
    _store = _Store()
    _store.memory.clear()


def sentence(seconds: int) -> str:
    """What somebody reads who has to wait."""
    minutes, hours = -(-seconds // 60), -(-seconds // 3600)
    if minutes <= 90:
        when = ngettext("in %(number)d minute", "in %(number)d minutes", minutes) % {"number": minutes}
    else:
        when = ngettext("in %(number)d hour", "in %(number)d hours", hours) % {"number": hours}
    return _(
        "A lot was sent from your connection lately. Nothing is lost: send it again %(when)s. Where many share a "
        "connection, as on Tor, you may read this without having sent anything before."
    ) % {"when": when}


def answered(response: HttpResponse, wait: int) -> HttpResponse:
    """Marks `response` as the answer to somebody who has to wait so many seconds; with 0 it stays as it is."""
    if wait:
        response.status_code = 429
        response["Retry-After"] = str(wait)
    return response


def address_of(request: HttpRequest) -> str:
    """Where the request comes from. Behind proxies it is what the first of ours was told by the connection itself;
    what stands left of that in the header, anybody may have written."""
    proxies = settings.TRUSTED_PROXIES
    if not proxies:
        return str(request.META.get("REMOTE_ADDR", ""))
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return forwarded[-proxies] if len(forwarded) >= proxies else ""


def _network(address: str) -> str:
    """Whom an address stands for. With IPv6 a household has 2**64 of them."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _tor_exits() -> frozenset[str]:
    """The addresses in the file TOR_EXIT_LIST, which may be renewed while the site runs."""
    path = settings.TOR_EXIT_LIST
    try:
        return _lines(path, os.stat(path).st_mtime_ns) if path else frozenset()
    except OSError:
        return frozenset()


@lru_cache(maxsize=1)
def _lines(path: str, changed: int) -> frozenset[str]:
    with open(path, encoding="ascii", errors="replace") as lines:
        return frozenset(line.strip() for line in lines)


class _Store:
    """The counters: in the cache, which processes may share, or while that fails in the memory of this process."""

    def __init__(self) -> None:
        self.memory = LocMemCache("limits", {"OPTIONS": {"MAX_ENTRIES": 10_000}})
        self.failed_at: float | None = None

    def key_of_the_day(self) -> bytes:
        now = time.time()
        return self._ask(lambda store: self._key_in(store, int(now // DAY), int(DAY - now % DAY) + 1))

    def hit(self, name: str, who: Client, once: str) -> int:
        return self._ask(lambda store: self._hit_in(store, name, who, once))

    def _key_in(self, store: BaseCache, day: int, left: int) -> bytes:
        name = f"limits:day:{day}"
        store.add(name, secrets.token_bytes(32), left)
        key: bytes | None = store.get(name)
        return key or secrets.token_bytes(32)

    def _hit_in(self, store: BaseCache, name: str, who: Client, once: str) -> int:
        sent = f"limits:sent:{name}:{once}"
        if once and store.get(sent):
            return 0
        now = time.time()
        # The shortest first: what it refuses does not count in the others.
        for number, seconds in sorted(settings.LIMITS[name], key=lambda limit: limit[1]):
            left = int(seconds - now % seconds) + 1
            counter = f"limits:{name}:{seconds}:{int(now // seconds)}:{who.key}"
            if self._increase(store, counter, left) > number * who.share:
                return left
        if once:
            store.set(sent, 1, DAY)
        return 0

    @staticmethod
    def _increase(store: BaseCache, counter: str, left: int) -> int:
        store.add(counter, 0, left)
        try:
            return store.incr(counter)
        except ValueError:  # It ran out in between.
            return 1

    def _ask(self, question: Callable[[BaseCache], Any]) -> Any:
        now = time.monotonic()
        if self.failed_at is None or now - self.failed_at > BREAK:
            try:
                answer = question(cache)
            except (RedisError, OSError):
                self.failed_at = now
                logger.warning("The cache does not answer: each process counts for itself.")
            else:
                self.failed_at = None
                return answer
        return question(self.memory)


_store = _Store()
