"""Secrets that open something to whoever has them. They are random, and only a hash of each is stored."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, fit for an address, which are kept nowhere and cannot be had again."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is stored of a token. A fast hash is enough: nobody can guess what is random."""
    return hashlib.sha256(token.encode()).hexdigest()
