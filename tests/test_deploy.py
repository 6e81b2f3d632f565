"""What `deploy/` names is what there is: commands and their options, settings, Debian packages, the units' shape."""

from __future__ import annotations

import configparser
import re
import shlex
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
