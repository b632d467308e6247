"""Random contents of entities: synthetic people, captions and documents. Everything is drawn from the given `rng`."""

from __future__ import annotations

from random import Random

from court.entities import CASES, ENTRIES, NOTES, USERS, Entity, Ref

_FIRST = "Ada Brett Carmen Dmitri Elena Farid Grace Hiro Ines Jonas Kemi Lars Mina Noah Olga Priya Quinn Rosa Sam Tess"
_LAST = "Abara Berg Castillo Dunn Eriksen Flores Grant Huang Ivanov Jensen Kaur Lopez Meyer Novak Osborne Pratt Ruiz"
_CITIES = "Birmingham Mobile Anchorage Phoenix Denver Hartford Miami Atlanta Boise Chicago Detroit Omaha Reno Buffalo"
_STREETS = "Harbor Mill Orchard Chestnut Station Meadow Foundry Juniper Canal Prospect Willow Summit"
_TYPES = ("Deficiency", "CDP (Lien/Levy)", "Innocent Spouse", "Whistleblower", "Worker Classification", "Passport")
_STATUSES = ("New", "General Docket", "Calendared", "Submitted", "On Appeal", "Closed")
_JUDGES = ("Chief Judge", "Judge Armstrong", "Judge Bell", "Judge Colvin", "Judge Foley", "Judge Urda")
_DOCUMENTS = (
    ("P", "Petition"),
    ("RQT", "Request for Place of Trial"),
    ("A", "Answer"),
    ("M006", "Motion for Continuance"),
    ("O", "Order"),
    ("SDEC", "Stipulated Decision"),
    ("NOA", "Notice of Appeal"),
)
_ROLES = ("docketclerk", "petitionsclerk", "adc", "privatePractitioner", "irsPractitioner", "petitioner")
_SECTIONS = ("docket", "petitions", "adc", "caseServices")
_WORDS = (
    "the petitioner disputes a notice of deficiency for tax year and asks the court to redetermine liability because "
    "respondent erred in disallowing business expenses claimed on schedule while records were lost in a flood"
)


def contents(rng: Random, ref: Ref, users: list[str]) -> Entity:
    """Every field of a fresh entity but `rev`. `users` are the ids that work may be assigned to."""
    if ref.kind == CASES:
        return _case(rng)
    if ref.kind == ENTRIES:
        return _entry(rng)
    if ref.kind == USERS:
        return _user(rng)
    if ref.kind == NOTES:
        return {"author": _name(rng), "text": words(rng, 30), "createdAt": moment(rng)}
    return _work_item(rng, users)


def changes(rng: Random, ref: Ref, users: list[str]) -> Entity:
    """Some fields of an existing entity with new values, as one press of a save button changes them."""
    fresh = contents(rng, ref, users)
    names = {
        CASES: (("status",), ("status", "judge"), ("fee",), ("caption", "petitioners")),
        ENTRIES: (("title",), ("isServed",), ("title", "text")),
        USERS: (("email",), ("phone", "address"), ("name",), ("name", "email", "section")),
        NOTES: (("text",),),
    }.get(ref.kind, (("assigneeId",), ("isDone", "section")))
    return {name: fresh[name] for name in rng.choice(names)}


def _case(rng: Random) -> Entity:
    petitioners = [_petitioner(rng) for _ in range(rng.choice((1, 1, 1, 2)))]
    names = " & ".join(petitioner["name"] for petitioner in petitioners)
    return {
        "caption": f"{names}, {'Petitioner' if len(petitioners) == 1 else 'Petitioners'}",
        "caseType": rng.choice(_TYPES),
        "procedureType": rng.choice(("Regular", "Small")),
        "status": rng.choice(_STATUSES),
        "fee": f"{rng.choice((0, 60, 60, 60, rng.randint(1, 400)))}.{rng.choice((0, 0, rng.randint(0, 99))):02d}",
        "judge": rng.choice(_JUDGES),
        "preferredTrialCity": rng.choice(_CITIES.split()),
        "isPaper": rng.random() < 0.3,
        "petitioners": petitioners,
        "entryCount": 0,
        "createdAt": moment(rng),
        "lastFiledAt": None,
    }


def _petitioner(rng: Random) -> Entity:
    return {
        "name": _name(rng),
        **_address(rng),
        "phone": _phone(rng),
        "countryType": "domestic",
        "serviceIndicator": rng.choice(("Electronic", "Paper")),
    }


def _entry(rng: Random) -> Entity:
    code, title = rng.choice(_DOCUMENTS)
    return {
        "eventCode": code,
        "title": f"{title} by {_name(rng)}",
        "text": words(rng, 25),
        "filedBy": rng.choice(("petitioner", "respondent", "court")),
        "filedAt": moment(rng),
        "isServed": rng.random() < 0.6,
        "index": rng.randint(1, 90),
    }


def _user(rng: Random) -> Entity:
    name = _name(rng)
    return {
        "name": name,
        "role": rng.choice(_ROLES),
        "section": rng.choice(_SECTIONS),
        "email": f"{name.replace(' ', '.').lower()}.{rng.randint(1, 9999)}@example.com",
        "phone": _phone(rng),
        "address": _address(rng),
    }


def _work_item(rng: Random, users: list[str]) -> Entity:
    return {
        "section": rng.choice(_SECTIONS),
        "assigneeId": rng.choice(users),
        "title": rng.choice(_DOCUMENTS)[1],
        "sentBy": _name(rng),
        "isDone": rng.random() < 0.5,
        "createdAt": moment(rng),
    }


def _name(rng: Random) -> str:
    return f"{rng.choice(_FIRST.split())} {rng.choice(_LAST.split())}"


def _phone(rng: Random) -> str:
    return f"+1 (555) {rng.randint(100, 999)}-{rng.randint(1000, 9999)}"


def _address(rng: Random) -> Entity:
    return {
        "street": f"{rng.randint(1, 999)} {rng.choice(_STREETS.split())} Street",
        "city": rng.choice(_CITIES.split()),
        "postalCode": f"{rng.randint(10000, 99999)}",
    }


def words(rng: Random, count: int) -> str:
    return " ".join(rng.choices(_WORDS.split(), k=count))


def moment(rng: Random) -> str:
    """A time in 2026, ISO 8601 with milliseconds."""
    return (
        f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        f"T{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}.{rng.randint(0, 999):03d}Z"
    )
