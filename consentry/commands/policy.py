"""Commands of the policy: show, simulate, set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consentry.commands.console import DONE, open_settings, tell
from consentry.errors import CommandError
from consentry.program import Program
from consentry.risk.policy_setting import Proposal, set_policy, show_policy, show_policy_file, simulate_policy
from store import JsonValue

policy = typer.Typer(no_args_is_help=True, help="The policy: thresholds and the promise about wrong grants.")

FileOption = Annotated[Path | None, typer.Option("--file", help="A whole policy file.")]
ThresholdOption = Annotated[float | None, typer.Option("--accept-probability", help="The policy with this threshold.")]
LearnedOption = Annotated[bool, typer.Option("--learned", help="The policy with the thresholds that labels allow.")]
BuiltInOption = Annotated[bool, typer.Option("--built-in", help="The policy that comes with the program.")]


@policy.command("show")
def policy_show(
    context: typer.Context,
    sha256: Annotated[str | None, typer.Option("--hash", help="The file of this hash, as decisions carry it.")] = None,
) -> int:
    """The policy in force, its hash, who set it, and the curve of automation against risk."""
    program = Program.open(open_settings(context), is_about_policy=True)
    if sha256 is not None:
        file = show_policy_file(program, sha256)
        tell(context, file, str(file["file"]))
        return DONE
    shown = show_policy(program)
    head = (
        f"policy {shown['version']}, {shown['sha256']}, since {shown['since']}, by {shown['set_by']}: {shown['reason']}"
    )
    tell(context, shown, "\n".join([head, *_say_assessment(shown)]))
    return DONE


@policy.command("simulate")
def policy_simulate(
    context: typer.Context,
    file: FileOption = None,
    accept_probability: ThresholdOption = None,
    learned: LearnedOption = False,
    built_in: BuiltInOption = False,
) -> int:
    """What another policy would have changed of the past. Example: consentry policy simulate --accept-probability 0.999."""
    program = Program.open(open_settings(context), is_about_policy=True)
    result = simulate_policy(program, _propose(file, accept_probability, learned, built_in))
    head = f"automatic {result['automatic_before']} -> {result['automatic_after']}; changes {result['changes']}"
    tell(context, result, "\n".join([head, *_say_assessment(result)]))
    return DONE


@policy.command("set")
def policy_set(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    user: Annotated[str, typer.Option("--as", help="The lead who sets it.")],
    file: FileOption = None,
    accept_probability: ThresholdOption = None,
    learned: LearnedOption = False,
    built_in: BuiltInOption = False,
    accept_risk: Annotated[str | None, typer.Option("--accept-risk", help="Why, if looser than allowed.")] = None,
) -> int:
    """Put a policy in force. Example: consentry policy set --learned --reason "labels of the autumn" --as lea."""
    program = Program.open(open_settings(context), is_about_policy=True)
    result = set_policy(program, _propose(file, accept_probability, learned, built_in), reason, user, accept_risk)
    tell(context, result, f"policy {result['version']} is in force: {result['sha256']}")
    return DONE


def _propose(file: Path | None, accept_probability: float | None, learned: bool, built_in: bool) -> Proposal:
    if (file is not None) + (accept_probability is not None) + learned + built_in != 1:
        raise CommandError("name exactly one of --file, --accept-probability, --learned, --built-in")
    if accept_probability is not None and not 0.5 < accept_probability <= 1:
        raise CommandError("a threshold lies above 0.5 and is at most 1")
    try:
        content = file.read_bytes() if file is not None else None
    except OSError as error:
        raise CommandError(f"cannot read {file}: {error.strerror}") from None
    return Proposal(content, accept_probability, learned, built_in)


def _say_assessment(shown: dict[str, JsonValue]) -> list[str]:
    curve, allowances, looser = shown["curve"], shown["allowances"], shown["looser_than_allowed"]
    lines = ["threshold  automatic  claimed risk  errors/labels  upper bound"]
    for point in curve if isinstance(curve, list) else []:
        if isinstance(point, dict):
            counted = f"{point['errors']}/{point['labels']}"
            share, claimed, bound = (
                float(str(point[name])) for name in ("share_automatic", "claimed_risk", "upper_bound")
            )
            lines.append(f"{point['threshold']!s:9}  {share:9.3f}  {claimed:12.2g}  {counted:>13}  {bound:11.2g}")
    for group in allowances if isinstance(allowances, list) else []:
        if isinstance(group, dict):
            lines.append(
                f"{group['forms_of']}: at least {group['allowed']} ({group['ground']}, {group['labels']} labels)"
            )
    lines += [f"looser than allowed: {words}" for words in (looser if isinstance(looser, list) else [])]
    return lines
