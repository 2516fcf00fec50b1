# What a broker's process is given, for who starts one: sourced by kafka-server-start.sh and ottla, read by scripts/lib/server-environment.mjs.
# A line is either export NAME="${NAME:-value}" (what is set already stays) or export NAME="value${NAME:+ $NAME}" (goes before what is set).

# glibc gives a block back to the system when it is free only if it was mapped by itself, which it stops doing for blocks as large as
# one that was freed once. These settings keep it so: under load a third less memory, and afterwards it goes back.
export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-262144}"
export MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-1048576}"

# Young objects need no more room than this: with the 16 MB of the default, garbage collection takes as much time, and memory 16 MB more.
# One thread helps V8 to collect and to compile: with the four of the default, on two cores, they take the loop's core from it for slices of
# 3 to 4 ms each (at 100,000 records/s the slowest in a thousand took 13 to 23 ms with four, 6 to 8 with one; three runs each, in turns).
export NODE_OPTIONS="--max-semi-space-size=8 --v8-pool-size=1${NODE_OPTIONS:+ $NODE_OPTIONS}"
