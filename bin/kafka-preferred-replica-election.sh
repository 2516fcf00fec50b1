#!/bin/sh
# Elects preferred leaders (the old name of kafka-leader-election).
script=$0
while [ -h "$script" ]; do
  link=$(ls -ld "$script")
  link=${link#*' -> '}
  case $link in
    /*) script=$link ;;
    *) script=$(dirname "$script")/$link ;;
  esac
done
root=$(cd "$(dirname "$script")/.." && pwd -P) || exit 1
[ -f "$root/build/.stamp" ] || node "$root/scripts/ensure-built.mjs" >&2 || exit 1
exec node "$root/build/tools.cjs" kafka-preferred-replica-election "$@"
