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

# glibc gives a block back to the system when it is free only if it was mapped by itself, which it stops doing for blocks as large as
# one that was freed once. These settings keep it so: under load a third less memory, and afterwards it goes back.
export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-262144}" MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-1048576}"

# Young objects need no more room than this: with the 16 MB of the default, garbage collection takes as much time, and memory 16 MB more.
export NODE_OPTIONS="--max-semi-space-size=8${NODE_OPTIONS:+ $NODE_OPTIONS}"

if [ "$1" != "-daemon" ]; then
  exec node "$root/build/server.cjs" "$@"
fi
shift
logs=${LOG_DIR:-$root/logs}
mkdir -p "$logs" || exit 1
nohup node "$root/build/server.cjs" "$@" > "$logs/kafkaServer.out" 2>&1 < /dev/null &
