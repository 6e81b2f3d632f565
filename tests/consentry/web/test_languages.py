"""The languages of the pages: catalogues are complete and keep their values, pages speak the person's language."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from consentry.web.speaking import LANGUAGES, SOURCE_LANGUAGE, Voices
from tests.consentry.granting import open_to_glance, write_data
from tests.consentry.web.conftest import Site

ROOT = Path(__file__).parents[3]
OTHERS = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]


def list_texts() -> list[str]:
    code = "import runpy; print(chr(0).join(runpy.run_path('tools/update_texts.py')['list_texts']()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.strip("\n").split("\0")


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_pages_is_translated_with_its_values(language: str) -> None:
    texts, said = list_texts(), Voices().find(language).texts
    assert len(texts) > 400
    assert [text for text in texts if text not in said] == []
    values = re.compile(r"\{\w+\}")
    assert [text for text in texts if sorted(values.findall(text)) != sorted(values.findall(said[text]))] == []


def test_a_page_speaks_the_language_of_the_person(site: Site) -> None:
    staff = site.log_in("ana")
    token = site.find_token(staff, "/me")
    assert staff.post("/me/settings", data={"form_token": token, "language": "es"}).status_code == 303
    queue = staff.get("/queue").text
    assert '<html lang="es">' in queue
    assert "Por qué espera" in queue
    assert not re.search(r">\s*(Queue|Why it waits|Filter|Held by)\s*<", queue)
    partner = site.log_in("par")
    partner.post("/me/settings", data={"form_token": site.find_token(partner, "/me"), "language": "es"})
    assert "En revisión. Por ahora no queda nada por hacer." in partner.get(f"/submissions/{site.mine}").text
    page = partner.post("/me/settings", data={"form_token": token, "language": "xx"})
    assert page.status_code == 403, "somebody else's token"


def test_who_has_not_logged_in_is_spoken_to_in_the_browsers_language(shared_site: Site) -> None:
    for asked, heading in {"es-MX,en;q=0.5": "Entrar", "so,fr": "Log in", "en": "Log in"}.items():
        page = httpx.get(f"{shared_site.url}/login", headers={"accept-language": asked}).text
        assert f"<h1>{heading}</h1>" in page


def test_the_page_of_a_student_speaks_the_language_of_the_person(site: Site) -> None:
    open_to_glance(site.district, "1000005")
    site.district.expect("staag", "load", "--data", str(write_data(site.district.folder / "data")))
    partner = site.log_in("par")
    partner.post("/me/settings", data={"form_token": site.find_token(partner, "/me"), "language": "es"})
    link = re.findall(r'href="(/students/[^"]+)"', partner.get("/students").text)[0]
    page = partner.get(link).text
    assert all(told in page for told in ("Asistencia", "septiembre 2024", "lun", "Medidas disciplinarias", "Grado en"))
    assert not re.search(r"\b(September|Mon|absent|Days possible|Open to you|Daily|Test grade)\b", page)
