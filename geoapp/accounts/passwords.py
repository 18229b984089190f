"""Passwords: hashed with argon2 by Flask-Security, long enough, and none of the commonest."""

from __future__ import annotations

import secrets
from typing import Any

from flask import current_app
from flask_security import hash_password, verify_password

from geoapp.errors import InvalidEdit

LEAST, MOST = 10, 128
COMMON = frozenset(
    [
        "0123456789",
        "1234567890",
        "12345678910",
        "123456789a",
        "a123456789",
        "a1234567890",
        "abc1234567",
        "abc123456789",
        "abcd123456",
        "abcd1234567",
        "aa123456789",
        "qq123456789",
        "123456789qq",
        "123456789aa",
        "123456789abc",
        "1234567891",
        "0987654321",
        "9876543210",
        "1357924680",
        "1029384756",
        "123123123123",
        "1234512345",
        "1231231231",
        "1212121212",
        "123321123321",
        "147258369147",
        "1472583690",
        "147852369147",
        "741852963741",
        "qwertyuiop",
        "qwerty1234",
        "qwerty12345",
        "qwerty123456",
        "qwer123456",
        "qwerasdfzxcv",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "q1w2e3r4t5",
        "1qaz2wsx3edc",
        "1qazxsw23edc",
        "qazwsxedcrfv",
        "zxcvbnm123",
        "asdfghjkl1",
        "asdfghjkl123",
        "asdf123456",
        "zxcvbnm1234",
        "qazwsx123456",
        "zaq12wsxcde3",
        "password10",
        "password11",
        "password12",
        "password123",
        "password1234",
        "password12345",
        "password123456",
        "password01",
        "passw0rd12",
        "passw0rd123",
        "p@ssw0rd12",
        "p@ssw0rd123",
        "p@ssword123",
        "mypassword",
        "mypassword1",
        "password2024",
        "password2025",
        "password2026",
        "changeme123",
        "admin12345",
        "admin123456",
        "admin1234567",
        "administrator",
        "admin888888",
        "admin@12345",
        "admin@123456",
        "root123456",
        "root1234567",
        "iloveyou12",
        "iloveyou123",
        "iloveyou1234",
        "woaini1314",
        "woaini5201314",
        "woaini520520",
        "5201314520",
        "1314520520",
        "5201314521",
        "woaiwojia1",
        "welcome123",
        "welcome1234",
        "letmein123",
        "letmein1234",
        "football123",
        "baseball123",
        "superman123",
        "batman1234",
        "dragon1234",
        "master1234",
        "monkey1234",
        "sunshine123",
        "princess123",
        "michael123",
        "charlie123",
        "liverpool1",
        "liverpool123",
        "chelsea123",
        "arsenal123",
        "manchester",
        "test123456",
        "test1234567",
        "user123456",
        "guest12345",
        "temp123456",
        "login12345",
        "hello12345",
        "hello123456",
        "google1234",
        "facebook123",
    ]
)
"""The commonest of ten characters and more (ASVS 5.0, 6.2.4); shorter ones are refused for their length."""


def check(password: str, name: str = "") -> None:
    """Raise InvalidEdit for a password that is too short, common or the user name itself."""
    low = password.lower()
    if not LEAST <= len(password) <= MOST:
        raise InvalidEdit({"password": "密码应为 10–128 个字符"})
    if low in COMMON or len(set(low)) < 5 or low == name.lower():
        raise InvalidEdit({"password": "密码太常见或与用户名相同，请换一个"})


def hashed(password: str) -> str:
    found: str = hash_password(_normal(password))
    return found


def matches(password: str, kept: str) -> bool:
    """Whether a password belongs to a hash; longer ones than allowed are not even looked at."""
    return bool(verify_password(_normal(password)[:MOST], kept))


def of_nobody() -> str:
    """A hash that no password fits: checking it takes an unknown user name as long as a known one."""
    found: str | None = current_app.extensions.get("password_of_nobody")
    if found is None:
        found = current_app.extensions["password_of_nobody"] = hashed(secrets.token_urlsafe(24))
    return found


def _normal(password: str) -> str:
    """Typed alike on every keyboard: Unicode NFKD, as Flask-Security does in its own forms."""
    security: Any = current_app.extensions["security"]
    found: str = security.password_util.normalize(password)
    return found
