"""What `deploy/` names is what there is: commands and their options, settings, Debian packages, the units' shape."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from consentry.cli import put_together
from consentry.settings import Settings
from tests.test_docs import list_commands

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def read_unit(file: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names of systemd are case sensitive
    unit.read_string(file.read_text(encoding="utf-8"))
    return unit


def list_calls() -> list[tuple[str, list[str]]]:
    """Every call of the program in the deployment, without its own options' values."""
    calls = [
        (f"compose {name}", list(one["command"])) for name, one in COMPOSE["services"].items() if name != "database"
    ]
    for file in UNITS:
        for line in re.findall(r"^ExecStart=(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE):
            words = shlex.split(line.split("consentry/bin/consentry ", 1)[1].rstrip("'"))
            calls.append((file.name, words))
    return calls


@pytest.mark.parametrize(("where", "words"), list_calls())
def test_every_call_is_a_command_with_options_that_it_has(where: str, words: list[str]) -> None:
    named = [command for command in list_commands() if words[: len(command.split())] == command.split()]
    assert named, f"{where} calls no command of ours"
    command: object = put_together()
    for part in named[-1].split():
        command = command.commands[part]  # type: ignore[attr-defined]  # a group has commands
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_every_setting_is_one() -> None:
    known = {f"CONSENTRY_{name.upper()}" for name in Settings.model_fields}
    texts = [file.read_text(encoding="utf-8") for file in DEPLOY.rglob("*") if file.is_file()]
    assert {name for text in texts for name in re.findall(r"CONSENTRY_[A-Z_]+", text)} <= known


def test_the_image_has_the_packages_that_set_up_installs() -> None:
    wanted = re.search(r"^packages=\((.*)\)", (ROOT / "tools" / "setup.sh").read_text(encoding="utf-8"), re.MULTILINE)
    assert wanted is not None
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert [package for package in wanted[1].split() if package not in image] == []
    assert "--require-hashes -r /build/lock.txt" in image


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_no_unit_runs_as_root_or_writes_elsewhere(file: Path) -> None:
    service = read_unit(file)["Service"]
    assert service["User"] == "consentry"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "true"
    assert set(service["ReadWritePaths"].split()) <= {"/srv/consentry", "/var/backups/consentry"}


def test_keys_lie_outside_the_home() -> None:
    environment = COMPOSE["x-consentry"]["environment"]
    assert not environment["CONSENTRY_KEY_FILE"].startswith(environment["CONSENTRY_HOME"])
    lines = (DEPLOY / "systemd" / "consentry.env").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert not settings["CONSENTRY_KEY_FILE"].startswith(settings["CONSENTRY_HOME"])


DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
_INSTRUCTIONS = {
    "FROM",
    "COPY",
    "RUN",
    "ENV",
    "USER",
    "VOLUME",
    "EXPOSE",
    "ENTRYPOINT",
    "CMD",
    "WORKDIR",
    "LABEL",
    "ARG",
}


def list_instructions() -> list[tuple[str, str]]:
    """The image's instructions in order; lines that go on are joined, remarks left out."""
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def test_every_instruction_of_the_image_is_one_and_copies_what_is_there() -> None:
    """No engine builds the image in the tests; this is what can be known without one."""
    stages: set[str] = set()
    for word, rest in list_instructions():
        assert word in _INSTRUCTIONS, word
        words = rest.split()
        if word == "FROM":
            assert re.fullmatch(r"python:3\.(\d+)-slim-\w+", words[0]), (
                "an image of the Python that the lock was made with"
            )
            stages |= {words[2]} if words[1:2] == ["AS"] else set()
        if word == "COPY" and words[0].startswith("--from="):
            assert words[0].removeprefix("--from=") in stages
        elif word == "COPY":
            assert all((ROOT / place).exists() for place in words[:-1]), rest
        if word == "RUN":
            checked = subprocess.run(["sh", "-n", "-c", rest], capture_output=True, text=True, check=False)
            assert checked.returncode == 0, checked.stderr


def test_the_image_runs_as_nobody_of_importance_from_a_command_that_is_one() -> None:
    told = dict(list_instructions())
    assert told["USER"] == "consentry"
    assert json.loads(told["ENTRYPOINT"]) == ["consentry"]
    assert json.loads(told["CMD"])[0] in list_commands()
    last = [word for word, _ in list_instructions()]
    assert last.index("USER") > max(place for place, word in enumerate(last) if word == "RUN")


def test_the_image_makes_every_folder_that_a_volume_is_put_over_for_its_user() -> None:
    """A new volume takes the owner of the folder beneath it; where there is none it is root's, and nothing can be written."""
    mounts = {mount.split(":")[1] for mount in COMPOSE["x-consentry"]["volumes"]}
    made = re.search(r"install -d -o consentry -g consentry -m 0700 (.*)", DOCKERFILE)
    assert made is not None
    assert set(made[1].split()) == mounts
    settings = COMPOSE["x-consentry"]["environment"]
    places = [settings["CONSENTRY_HOME"], settings["CONSENTRY_KEY_FILE"]]
    assert all(any(place.startswith(mount) for mount in mounts) for place in places)


def test_the_image_takes_nothing_from_the_workshop() -> None:
    left_out = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    own = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    assert {".git", "deploy/.env", *own} <= {line.removeprefix("**/").rstrip("/") for line in left_out} | {"/.cache"}


def test_the_image_builds_with_locked_tools_alone() -> None:
    installs = re.findall(r"pip install (.*)", DOCKERFILE)
    assert all("--require-hashes" in each or "--no-build-isolation" in each for each in installs)
    required = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    lock = (ROOT / "tools" / "lock.txt").read_text(encoding="utf-8")
    assert [name for name in required if f"\n{name}==" not in lock] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    """With a program that is there in the place of ours, which isn't installed where the units have it."""
    for file in (DEPLOY / "systemd").iterdir():
        text = file.read_text(encoding="utf-8").replace("/opt/consentry/bin/consentry", "/bin/true")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    units = [
        str(tmp_path / file.name) for file in (DEPLOY / "systemd").iterdir() if file.suffix in (".service", ".timer")
    ]
    ran = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    broken = tmp_path / "consentry-work.service"
    broken.write_text(broken.read_text(encoding="utf-8").replace("Restart=always", "Restart=perhaps"), encoding="utf-8")
    ran = subprocess.run(["systemd-analyze", "verify", str(broken)], capture_output=True, text=True, check=False)
    assert "restart" in ran.stderr, "a fault would be found"
