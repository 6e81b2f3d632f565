"""The blind sample on the pages: a person keys the crops of a grant and sees nothing else of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from consentry.desk.viewing import record_view_once
from consentry.errors import CommandError
from consentry.pipeline.form_pages import list_sources
from consentry.risk.blind_comparison import ILLEGIBLE
from consentry.risk.blind_sample import find_task, key_task, list_tasks
from consentry.web.case_fields import find_box
from consentry.web.doors import AtDesk, Denied
from store.tables import Form as FormRow

router = APIRouter()
Text = Annotated[str, Form()]


@router.get("/keying", name="keying")
def show_tasks(desk: AtDesk) -> Response:
    """The blind tasks that the person may key."""
    return desk.show("keying.html", tasks=list_tasks(desk.program, desk.person.name))


@router.get("/keying/{task_id}", name="keying_task")
def show_task(desk: AtDesk, task_id: str) -> Response:
    """The crops of a task, and a place to key each."""
    try:
        task = find_task(desk.program, task_id)
    except CommandError:
        return RedirectResponse("/keying", 303)  # keyed in the meantime
    record_view_once(desk.program, desk.person.as_viewer, "blind crops", task.form_id)
    return desk.show("keying_task.html", task=task)


@router.get("/keying/{task_id}/crops/{field}", name="keying_crop")
def send_crop(desk: AtDesk, task_id: str, field: str) -> Response:
    """One field of a task and nothing else of its page."""
    try:
        task = find_task(desk.program, task_id)
    except CommandError:
        raise Denied(404) from None
    record_view_once(desk.program, desk.person.as_viewer, "blind crops", task.form_id)
    with desk.program.installation.reading() as session:
        form = session.get_one(FormRow, task.form_id)
    found = find_box(form, field, list_sources(form))
    content = desk.office.pictures.cut(found.page, found.box) if found else None
    if content is None or field not in {asked.name for asked in task.fields}:
        raise Denied(404)
    return Response(content, media_type="image/webp", headers={"cache-control": "private, max-age=600"})


@router.post("/keying/{task_id}", name="key_blind")
def key(
    desk: AtDesk,
    task_id: str,
    student_first: Text = "",
    student_last: Text = "",
    student_id: Text = "",
    birth_date: Text = "",
    illegible: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Compares what was keyed; the answer says nothing of the grant."""
    given = {
        "student_first": student_first,
        "student_last": student_last,
        "student_id": student_id,
        "birth_date": birth_date,
    }
    given |= dict.fromkeys(illegible or [], ILLEGIBLE)
    try:
        asked = [field.name for field in find_task(desk.program, task_id).fields]
        key_task(desk.program, task_id, {name: given[name] for name in asked}, desk.person.name)
    except CommandError as error:
        return desk.refuse(error)
    following = next(iter(list_tasks(desk.program, desk.person.name)), None)
    return RedirectResponse(f"/keying/{following.task_id}" if following else "/keying", 303)
