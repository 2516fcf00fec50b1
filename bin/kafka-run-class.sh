#!/bin/sh
# Runs the tool that a class of Kafka's is here.
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

daemon=
arguments=$#
while [ "$arguments" -gt 0 ]; do
  case $1 in
    -daemon) daemon=-daemon; shift ;;
    -name) shift 2 ;;
    -loggc) shift ;;
    *) break ;;
  esac
  arguments=$#
done
if [ "$1" = kafka.Kafka ]; then
  shift
  exec "$root/bin/kafka-server-start.sh" $daemon "$@"
fi
exec node "$root/build/tools.cjs" kafka-run-class "$@"
