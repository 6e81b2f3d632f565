"""The bench of the pages: a real server on a home of thousands of cases, asked by one person and by many at once.

The server runs as its own process, as `serve` does; clients and server share the machine. A page is drawn ahead while the case
before it is looked at: `case_page` is asked for after that, `undrawn_page` before. Each kind of request has the processor time
that the server took for it beside the clock: a busy machine stretches it far less. What the server does after its answer, such
as drawing the page that comes next, counts.
"""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from consentry.benches.web_home import PAGES, PASSWORD, TODAY, BenchHome, make_bench_home

_LONGEST_START = 300.0
_THINK = (2.0, 8.0)
_DECISIONS = 40


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: where, and its process."""

    url: str
    process_id: int

    def read_cpu_ms(self) -> float:
        """Milliseconds of processor time that the server has taken so far; its parsers' processes are not counted."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
        return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def count_cpu(self, timings: Timings) -> Iterator[None]:
        """Adds what the server takes meanwhile."""
        before = self.read_cpu_ms()
        yield
        timings.cpu_ms += self.read_cpu_ms() - before


@dataclass(slots=True)
class Timings:
    """Milliseconds of requests, the server's processor time for all of them, and what went wrong."""

    taken: list[float] = field(default_factory=list)
    errors: int = 0
    cpu_ms: float = 0.0

    def show(self) -> dict[str, Any]:
        """Count, median, 95th percentile and worst."""
        ordered = sorted(self.taken)
        if not ordered:
            return {"requests": 0, "errors": self.errors}
        return {
            "requests": len(ordered),
            "errors": self.errors,
            "p50_ms": round(ordered[len(ordered) // 2], 1),
            "p95_ms": round(ordered[min(len(ordered) * 95 // 100, len(ordered) - 1)], 1),
            "worst_ms": round(ordered[-1], 1),
            "server_cpu_ms_each": round(self.cpu_ms / len(ordered), 1),
        }


def run(students: int, cases: int, people: int, seconds: float, seed: int) -> dict[str, Any]:
    """All figures."""
    with tempfile.TemporaryDirectory(prefix="consentry-bench-") as place:
        started = time.perf_counter()
        made = make_bench_home(Path(place), students, cases, people, seed)
        making = time.perf_counter() - started
        with _serve(made.home) as served:
            client = _log_in(served.url, made.people[0])
            ready = _warm(client)
            ids = [f"case-{number:016x}" for number in range(cases)]
            return {
                "students": students,
                "open_cases": cases,
                "cores": os.cpu_count(),
                "load_before": round(os.getloadavg()[0], 1),
                "home_made_s": round(making, 1),
                "ready_s": round(ready, 1),
                **_measure_one(client, ids, served),
                "next_case_by_key": _measure_decisions(client, ids[PAGES * 4 :], served).show(),
                f"{people}_people": _measure_many(served, made, ids, seconds).show(),
                "think_s": list(_THINK),
            }


def _measure_one(client: httpx2.Client, ids: Sequence[str], served: Served) -> dict[str, Any]:
    undrawn, page, queue, picture, weight, text = Timings(), Timings(), Timings(), Timings(), 0, ""
    with served.count_cpu(undrawn):
        for case_id in ids[:PAGES]:
            _time(client, f"/cases/{case_id}", undrawn)
    with served.count_cpu(page):
        for case_id in ids[PAGES : 4 * PAGES]:
            text = _time(client, f"/cases/{case_id}", page)
            weight = max(weight, len(text))
    with served.count_cpu(queue):
        for _ in range(40):
            _time(client, "/queue", queue)
    address = _find(text, r'image href="([^"]+)"')
    with served.count_cpu(picture):
        for _ in range(40):
            _time(client, address, picture)
    files = {found for found in re.findall(r'(?:src|href)="(/static/[^"]+)"', text)}
    weight += sum(len(client.get(file).content) for file in files)
    return {
        "case_page": page.show(),
        "undrawn_page": undrawn.show(),
        "queue_page": queue.show(),
        "scan_picture": picture.show(),
        "case_page_weight_kb_without_scan": round(weight / 1000, 1),
    }


def _measure_decisions(client: httpx2.Client, ids: Sequence[str], served: Served) -> Timings:
    """What a key takes from the accepted case to the next one's page: the decision, durable, and the page."""
    timings = Timings()
    answer = client.get(f"/cases/{ids[0]}")
    with served.count_cpu(timings):
        _decide_all(client, answer, timings)
    return timings


def _decide_all(client: httpx2.Client, answer: httpx2.Response, timings: Timings) -> None:
    for _ in range(_DECISIONS):
        text = answer.text
        form = {
            "form_token": _find(text, r'name="form_token" value="([^"]+)"'),
            "seen": _find(text, r'name="seen" value="([^"]+)"'),
            "student": _find(text, r'name="student" value="(\d+)"'),
            "action": "accept",
        }
        path = _find(text, r'action="(/cases/[^"]+/decide)[^"]*"')
        begun = time.perf_counter()
        answer = client.post(path, data=form, follow_redirects=True)
        timings.taken.append(1000 * (time.perf_counter() - begun))
        timings.errors += answer.status_code != 200 or "/decide" not in answer.text
        if answer.status_code != 200:
            break
        time.sleep(0.3)  # a person looks, the next page is drawn


def _measure_many(served: Served, made: BenchHome, ids: Sequence[str], seconds: float) -> Timings:
    timings, lock = Timings(), threading.Lock()
    clients = [_log_in(served.url, name) for name in made.people]
    ends = time.monotonic() + seconds

    def work(number: int, client: httpx2.Client) -> None:
        chance = random.Random(number)  # noqa: S311 - sample behaviour, never a secret
        own, mine = Timings(), list(ids[number :: len(clients)])
        time.sleep(chance.uniform(0, _THINK[1]))
        while time.monotonic() < ends:
            path = "/queue" if chance.random() < 0.2 else f"/cases/{chance.choice(mine)}"
            text = _time(client, path, own)
            for picture in re.findall(r'image href="([^"]+)"', text)[:1]:
                _time(client, picture, own)
            time.sleep(chance.uniform(*_THINK))
        with lock:
            timings.taken += own.taken
            timings.errors += own.errors

    threads = [threading.Thread(target=work, args=each) for each in enumerate(clients)]
    with served.count_cpu(timings):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return timings


def _time(client: httpx2.Client, path: str, timings: Timings) -> str:
    begun = time.perf_counter()
    try:
        answer = client.get(path)
    except httpx2.HTTPError:
        timings.errors += 1
        return ""
    timings.taken.append(1000 * (time.perf_counter() - begun))
    timings.errors += answer.status_code != 200
    return answer.text if "text" in answer.headers.get("content-type", "") else ""


@contextmanager
def _serve(home: Path) -> Iterator[Served]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "consentry", "--home", str(home), "serve", "--port", str(port)]
    environment = {**os.environ, "CONSENTRY_TODAY": TODAY.isoformat()}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)  # noqa: S603 - our own program
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url)
        yield Served(url, process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    ends = time.monotonic() + _LONGEST_START
    while time.monotonic() < ends:
        try:
            if httpx2.get(f"{url}/healthz").status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.2)
    raise TimeoutError("the server did not start")


def _log_in(url: str, name: str) -> httpx2.Client:
    client = httpx2.Client(base_url=url, timeout=60.0, headers={"accept": "text/html"})
    answer = client.post("/login", data={"username": name, "password": PASSWORD})
    if answer.status_code != 303:
        raise RuntimeError("an account of the bench could not log in")
    return client


def _warm(client: httpx2.Client) -> float:
    """Has enrollment loaded and its matcher indexed, as a server has after its first minute."""
    begun = time.perf_counter()
    text = client.get("/cases/case-0000000000000000?find=zz").text
    token = _find(text, r'name="form_token" value="([^"]+)"')
    form = {"form_token": token, "field": "grade", "value": "5", "kind": "corrected"}
    client.post("/cases/case-0000000000000000/key", data=form, timeout=_LONGEST_START)
    return time.perf_counter() - begun


def _find(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""
