#!/usr/bin/env bash
# Runs a command with a PostgreSQL server of its own on a free port, started before and stopped after.
# The command finds it at $CONSENTRY_TEST_POSTGRES. Tests don't wait for the disk; `--durable` before the command makes the
# server wait for it at each commit, as one of a district does: what benches measure has to.
set -euo pipefail
fsync=off
if [ "${1:-}" = --durable ]; then
  fsync=on
  shift
fi
bin="$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)"
folder="$(mktemp -d)"
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
as_owner() { "$@"; }
if [ "$(id -u)" = 0 ]; then
  chown postgres "$folder"
  as_owner() { (cd "$folder" && runuser -u postgres -- "$@"); }
fi
stop() {
  as_owner "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
as_owner "$bin/initdb" -D "$folder/data" -U consentry --auth=trust -E UTF8 --locale=C.UTF-8 >/dev/null
as_owner "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
  -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c fsync=$fsync" start >/dev/null
export CONSENTRY_TEST_POSTGRES="postgresql+psycopg://consentry@127.0.0.1:$port/postgres"
"$@"
