#!/bin/sh
# Runs a broker: kafka-server-start.sh [-daemon] server.properties [--override key=value]...
# With -daemon it runs in the background; its output goes to $LOG_DIR/kafkaServer.out (default: logs/).
# JMX_PORT, KAFKA_OPTS, KAFKA_HEAP_OPTS and KAFKA_LOG4J_OPTS are for a JVM: they have no effect here. NODE_OPTIONS has.
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

. "$root/bin/broker-environment.sh"

if [ "$1" != "-daemon" ]; then
  exec node "$root/build/server.cjs" "$@"
fi
shift
logs=${LOG_DIR:-$root/logs}
mkdir -p "$logs" || exit 1
nohup node "$root/build/server.cjs" "$@" > "$logs/kafkaServer.out" 2>&1 < /dev/null &
