"""Commands of the web pages: their accounts, and serving them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from consentry.accounts import SHORT_PASSWORD, NewAccount, Role, add_account
from consentry.commands.console import DONE, open_program, tell
from consentry.errors import CommandError

user = typer.Typer(no_args_is_help=True, help="Accounts of the web pages.")


@user.command("add")
def user_add(
    context: typer.Context,
    name: str,
    role: Annotated[Role, typer.Option("--role")],
    partner: Annotated[str | None, typer.Option("--partner", help="The partner of a partner's account.")] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password's line.")] = False,
    subject: Annotated[str | None, typer.Option("--subject", help="Issuer and subject at an OIDC provider.")] = None,
    full_name: Annotated[str, typer.Option("--full-name", help="What pages call the person.")] = "",
) -> int:
    """Add an account. Example: echo "$PASSWORD" | consentry user add ana --role staff --password-stdin."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if password_stdin and not password:
        raise CommandError("no password came on standard input")
    if password and len(password) < SHORT_PASSWORD:
        typer.echo(f"a password of fewer than {SHORT_PASSWORD} characters is easily guessed", err=True)
    added = add_account(open_program(context), NewAccount(name, role, partner, password, subject, full_name), "program")
    result = {"account_id": added.account_id, "name": name, "role": role.value, "partner_id": partner}
    tell(context, result, f"added {name} ({role.value})")
    return DONE


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on.")] = 8000,
    metrics_port: Annotated[
        int | None, typer.Option("--metrics-port", help="Also serve measures, to this machine alone, on this port.")
    ] = None,
) -> int:
    """Serve the web pages until interrupted. Example: consentry --home /srv/consentry serve --port 8000."""
    from consentry.measuring import serve_measures  # these, and the web framework, are loaded by this command alone
    from consentry.web.serving import serve_pages

    program = open_program(context)
    if metrics_port is not None:
        serve_measures(program, metrics_port)
    serve_pages(program, host, port, lambda words: typer.echo(words, err=True))
    return DONE
