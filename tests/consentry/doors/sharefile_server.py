"""A small ShareFile that keeps to the published API: tokens, folders, paging, redirected downloads, two-step uploads, moves,
and no two of a name in one folder.

Faults are planned by a piece of the path: each is used once, in order: a status, "cut" (the line breaks before an answer) or
"half" (it breaks in the middle of one).
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 2


@dataclass
class Stored:
    item_id: str
    name: str
    parent: str
    content: bytes | None = None
    is_link: bool = False

    def describe(self) -> dict[str, Any]:
        if self.content is None:
            kind = f"ShareFile.Api.Models.{'SymbolicLink' if self.is_link else 'Folder'}"
            return {"odata.type": kind, "Id": self.item_id, "Name": self.name, "Hash": None, "FileSizeBytes": None}
        digest = hashlib.md5(self.content, usedforsecurity=False).hexdigest()
        shown = {"Id": self.item_id, "Name": self.name, "FileName": self.name, "Hash": digest}
        return {"odata.type": "ShareFile.Api.Models.File", **shown, "FileSizeBytes": len(self.content)}


class ShareFileServer:
    """State and faults; `log` holds every call. `tells_next`: whether a page names the next; `skips`: whether it
    begins where it is asked to; `upload_answer`: what an upload
    that was taken is answered; `wait`: the answer to "when again?".
    """

    def __init__(self) -> None:
        self.items = {"root": Stored("root", "root", "")}
        self.faults: defaultdict[str, list[int | str]] = defaultdict(list)
        self.log: list[str] = []
        self.tokens: list[str] = []
        self.grants: list[str] = []
        self.leaked: list[str] = []
        self.subscriptions: list[dict[str, Any]] = []
        self.uploads: dict[str, tuple[str, str, int]] = {}
        self.tells_next = self.skips = True
        self.upload_answer = b"OK"
        self.wait = "7"
        self.lock = threading.Lock()
        self.url = ""

    def put(self, path: str, content: bytes | None = None) -> str:
        """Lays a file or folder under the root, with its folders; returns its id."""
        parent = "root"
        *folders, name = path.split("/")
        for folder in folders:
            parent = self.add(parent, folder)
        return self.add(parent, name, content)

    def add(self, parent: str, name: str, content: bytes | None = None) -> str:
        there = next((i for i in self.items.values() if (i.parent, i.name) == (parent, name) and content is None), None)
        if there is not None:
            return there.item_id
        item_id = f"{'fo' if content is None else 'fi'}{len(self.items):04}"
        self.items[item_id] = Stored(item_id, name, parent, content)
        return item_id

    def link(self, path: str) -> None:
        """Lays a link, which is neither a file nor a folder."""
        self.items[self.put(path)].is_link = True

    def find(self, parent: str, name: str) -> list[Stored]:
        return [item for item in self.items.values() if (item.parent, item.name) == (parent, name)]

    def list_paths(self) -> dict[str, bytes]:
        return {self._path(item): item.content for item in self.items.values() if item.content is not None}

    def _path(self, item: Stored) -> str:
        return item.name if item.parent == "root" else f"{self._path(self.items[item.parent])}/{item.name}"


@contextmanager
def run_sharefile() -> Iterator[ShareFileServer]:
    state = ShareFileServer()

    class Handler(BaseHTTPRequestHandler):
        server_version = "ShareFile"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def do_PATCH(self) -> None:
            self._serve("PATCH")

        def _serve(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            with state.lock:
                state.log.append(f"{method} {self.path}")
                fault = next((plan.pop(0) for piece, plan in state.faults.items() if piece in self.path and plan), None)
                if isinstance(fault, int):
                    return self._say(
                        fault, {"code": str(fault), "message": {"lang": "en", "value": "no"}}, fault == 429
                    )
                if fault == "cut":
                    return self.connection.close()
                answer = self._route(method, body)
            if answer is None:
                return self._say(404, {"code": "NotFound", "message": {"lang": "en", "value": "no"}})
            if isinstance(answer, bytes):
                return self._send_bytes(answer, fault == "half")
            return self._say(200, answer)

        def _route(self, method: str, body: bytes) -> Any:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            if path == "/oauth/token":
                return self._give_token(parse_qs(body.decode()))
            if path.startswith("/storage/"):
                if self.headers.get("authorization"):
                    state.leaked.append(path)
                if not query:
                    return {"redirect": f"{state.url}{path}?signed=1"}
                return state.items[path.removeprefix("/storage/")].content
            if path.startswith("/upload/"):
                parent, name, size = state.uploads[path.removeprefix("/upload/")]
                assert len(body) == size
                if not state.upload_answer.startswith(b"ERROR"):
                    state.add(parent, name, body)
                return state.upload_answer
            if self.headers.get("authorization") != f"Bearer {state.tokens[-1] if state.tokens else ''}":
                return {"unauthorized": True}
            return self._route_items(method, path, query, json.loads(body) if body else {})

        def _route_items(self, method: str, path: str, query: dict[str, list[str]], sent: dict[str, Any]) -> Any:
            if path == "/sf/v3/WebhookSubscriptions":
                state.subscriptions.append(sent)
                return {"Id": "w1", **sent}
            found = re.fullmatch(r"/sf/v3/Items\((\w+)\)(?:/(\w+))?", path)
            item = state.items.get(found[1]) if found else None
            if found is None or item is None:
                return None
            match method, found[2]:
                case "GET", "Children":
                    children = [i.describe() for i in state.items.values() if i.parent == item.item_id]
                    at = int(query["$skip"][0]) if state.skips else 0
                    feed: dict[str, Any] = {"odata.count": len(children), "value": children[at : at + PAGE]}
                    if at + PAGE < len(children) and state.tells_next:
                        feed["odata.nextLink"] = f"{state.url}/sf/v3/Items({item.item_id})/Children?$skip={at + PAGE}"
                    return feed
                case "GET", "Download":
                    return {"redirect": f"{state.url}/storage/{item.item_id}"}
                case "POST", "Folder":
                    return state.items[state.add(item.item_id, sent["Name"])].describe()
                case "PATCH", None:
                    parent, name = sent["Parent"]["Id"], sent.get("Name", item.name)
                    if any(other is not item for other in state.find(parent, name)):
                        return {"conflict": True}
                    item.parent, item.name = parent, name
                    return item.describe()
                case "POST", "Upload2":
                    key = f"u{len(state.uploads)}"
                    state.uploads[key] = (item.item_id, sent["FileName"], sent["FileSize"])
                    return {"Method": "Standard", "ChunkUri": f"{state.url}/upload/{key}"}
            return None

        def _give_token(self, asked: dict[str, list[str]]) -> dict[str, Any]:
            state.grants.append(asked["grant_type"][0])
            right = asked.get("password") == ["secret"] or asked.get("refresh_token", [""])[0].startswith("refresh")
            if not right or asked.get("client_secret") != ["client secret"]:
                return {"unauthorized": True}
            state.tokens.append(f"token-{len(state.tokens)}")
            given = {"access_token": state.tokens[-1], "refresh_token": f"refresh-{len(state.tokens)}"}
            return {**given, "token_type": "bearer", "expires_in": 3600, "subdomain": "district"}

        def _say(self, status: int, answer: dict[str, Any], wait: bool = False) -> None:
            if answer.get("unauthorized"):
                status = 401
            if answer.get("conflict"):
                status = 409
            if "redirect" in answer:
                status = 302
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            if wait:
                self.send_header("retry-after", state.wait)
            if "redirect" in answer:
                self.send_header("location", answer["redirect"])
            self.end_headers()
            self.wfile.write(content)

        def _send_bytes(self, content: bytes, half: bool) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if half else content)
            if half:
                self.wfile.flush()
                self.connection.close()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
