#!/usr/bin/env bash
# A throwaway PostgreSQL: one cluster in a temporary folder, reachable from this machine only, gone when we are.
#
#   tests/support/postgres.sh COMMAND…    runs COMMAND with COUNTERSIGN_TEST_POSTGRES set
#   source tests/support/postgres.sh      gives postgres_start and postgres_stop
#
# fsync stays on: the tests of promise P2 (an acknowledged commit survives) would prove nothing without it.

POSTGRES_FOLDER=""
POSTGRES_BINARIES=""

# The newest server on the machine. Debian keeps server programs out of PATH.
postgres_find() {
  local folder
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) /usr/pgsql-*/bin; do
    if [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ]; then
      POSTGRES_BINARIES=$folder
      return 0
    fi
  done
  local initdb
  initdb=$(command -v initdb) || return 1
  POSTGRES_BINARIES=$(dirname "$(readlink -f "$initdb")")
  [ -x "$POSTGRES_BINARIES/postgres" ]
}

# PostgreSQL refuses to run as root.
postgres_user() {
  if [ "$(id -u)" != 0 ]; then id -un; elif id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

postgres_as_user() {
  if [ "$(id -u)" != 0 ]; then
    (cd "$POSTGRES_FOLDER" && "$@")
  else
    (cd "$POSTGRES_FOLDER" && setpriv --reuid="$(postgres_user)" --regid="$(id -g "$(postgres_user)")" --clear-groups "$@")
  fi
}

postgres_port_is_free() {
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

postgres_start() {
  postgres_find || { echo "no PostgreSQL server found: install the package postgresql" >&2; return 1; }
  POSTGRES_FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/countersign-postgres.XXXXXX") || return 1
  chmod 700 "$POSTGRES_FOLDER"
  [ "$(id -u)" != 0 ] || chown "$(postgres_user)" "$POSTGRES_FOLDER"
  postgres_as_user "$POSTGRES_BINARIES/initdb" --pgdata="$POSTGRES_FOLDER/cluster" --username=postgres --auth=trust \
    --encoding=UTF8 --no-locale --no-instructions >"$POSTGRES_FOLDER.log" 2>&1 \
    || { cat "$POSTGRES_FOLDER.log" >&2; return 1; }
  local try port
  for try in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 10000))
    postgres_port_is_free "$port" || continue
    if postgres_as_user "$POSTGRES_BINARIES/pg_ctl" --pgdata="$POSTGRES_FOLDER/cluster" --silent --wait --timeout=60 \
      --log="$POSTGRES_FOLDER/server.log" --options="-c listen_addresses=127.0.0.1 -p $port -k $POSTGRES_FOLDER \
        -c fsync=on -c max_connections=400 -c shared_buffers=128MB" start </dev/null >/dev/null 2>&1; then
      export COUNTERSIGN_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
      return 0
    fi
    echo "PostgreSQL did not start on port $port (try $try)" >&2
  done
  cat "$POSTGRES_FOLDER/server.log" >&2
  return 1
}

postgres_stop() {
  [ -n "$POSTGRES_FOLDER" ] || return 0
  if [ -d "$POSTGRES_FOLDER/cluster" ]; then
    postgres_as_user "$POSTGRES_BINARIES/pg_ctl" --pgdata="$POSTGRES_FOLDER/cluster" --silent --mode=immediate stop \
      >/dev/null 2>&1
  fi
  rm -rf "$POSTGRES_FOLDER" "$POSTGRES_FOLDER.log"
  POSTGRES_FOLDER=""
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  [ $# -gt 0 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
  trap postgres_stop EXIT
  trap 'exit 130' INT TERM
  postgres_start || exit 1
  "$@"
fi
