"""Which pages stand in the bar at the top, by role; the first is where a person comes in. Who may open them is in `rules`."""

from __future__ import annotations

from dataclasses import dataclass

from consentry.accounts import Role
from consentry.web.words import mark


@dataclass(frozen=True, slots=True)
class Place:
    """A page in the bar: address and name."""

    address: str
    words: str


_QUEUE, _BATCHES = Place("/queue", mark("Queue")), Place("/batches", mark("Accept many"))
_TRACE = Place("/trace", mark("Trace"))
_SCHOOLS = Place("/schools", mark("Schools"))
_WEEK, _PARTNERS = Place("/week", mark("The week")), Place("/partners", mark("Partners"))
_POLICY = Place("/policy", mark("Policy"))
_SEND = Place("/send", mark("Send"))
_LEFT, _STUDENTS = Place("/left-to-do", mark("Left to do")), Place("/students", mark("Students"))
_KEYING = Place("/keying", mark("Blind keying"))
_ACCOUNTS = Place("/accounts", mark("Accounts"))
PLACES = {
    Role.STAFF: (_QUEUE, _BATCHES, _KEYING, _WEEK),
    Role.LEAD: (_QUEUE, _BATCHES, _KEYING, _WEEK, _PARTNERS, _SCHOOLS, _POLICY, _TRACE, _ACCOUNTS),
    Role.AUDITOR: (_TRACE, _QUEUE, _WEEK, _PARTNERS, _SCHOOLS, _POLICY),
    Role.PARTNER: (Place("/submissions", mark("Submissions")), _SEND, _LEFT, _STUDENTS),
    Role.SCHOOL: (Place("/lists", mark("My school's lists")), Place("/lists/send", mark("Send a list"))),
    Role.ADMIN: (_ACCOUNTS,),
}
