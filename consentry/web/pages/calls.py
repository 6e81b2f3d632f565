"""Calls from other programs: ShareFile's "a file was uploaded". Signed or refused; a call has a door looked at, no more."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import Response

from consentry.doors.door_calls import SIGNATURE_HEADERS, is_signed, note_call
from consentry.doors.door_settings import read_door_secrets, read_door_settings
from consentry.program import Program
from consentry.web.doors import AtDesk, Denied

router = APIRouter()


@router.post("/calls/sharefile", name="sharefile_call")
async def take_sharefile_call(request: Request, desk: AtDesk) -> Response:
    """Notes a signed call; answers the same for a new one and for one that came before."""
    await run_sync(_note, desk.program, request, await request.body())
    return Response(status_code=204)


def _note(program: Program, request: Request, body: bytes) -> None:
    is_set_up = read_door_settings(program.installation.home).sharefile is not None
    signatures = [request.headers.get(name, "") for name in SIGNATURE_HEADERS]
    if not is_set_up or not is_signed(body, signatures, read_door_secrets(program.installation.home).webhook_keys):
        raise Denied(403)
    note_call(program, "sharefile", body)
