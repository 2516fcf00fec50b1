/** Commands that start something: a broker, a demo, a benchmark. */
import type { CommandSpec } from '../command.ts'

export const RUN_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'start',
    summary: 'Runs a broker here, with nothing to configure',
    description: [
      'One Ottla broker on localhost:9092, with its data in ~/.local/share/ottla/data ($XDG_DATA_HOME), until Ctrl-C. It is the same server that bin/kafka-server-start.sh runs, and docs/config.md lists its settings.',
      'It ends with 0 when it was stopped in order; the other codes are those of the server.',
    ],
    options: [
      {
        name: 'port',
        short: 'p',
        value: 'PORT',
        description: 'Where clients connect. Default: 9092; 0 is any free one.',
      },
      { name: 'dir', short: 'd', value: 'FOLDER', description: 'Where the data are.', completes: 'folder' },
      { name: 'temporary', description: 'Data in a new folder that is deleted at the end.' },
      {
        name: 'host',
        value: 'HOST',
        description: 'Which address it listens on. Default: localhost; 0.0.0.0 is all, and needs --advertise.',
      },
      { name: 'advertise', value: 'HOST', description: 'Under which name clients reach it.' },
      {
        name: 'config',
        short: 'c',
        value: 'FILE',
        description: 'A server.properties, instead of all that.',
        completes: 'file',
      },
      {
        name: 'set',
        short: 's',
        value: 'KEY=VALUE',
        isRepeated: true,
        description: 'A setting of the broker. May be repeated.',
      },
    ],
    examples: [
      { says: 'Something to try things on', line: 'ottla start --temporary' },
      { says: 'For other machines, too', line: 'ottla start --host 0.0.0.0 --advertise broker.example.org' },
    ],
    isLocal: true,
    load: () => import('../run/start.ts'),
  },
  {
    name: 'demo',
    summary: 'Shows a small shop at work: orders, a group with lag, and how it is worked off',
    description: [
      'It starts a broker of its own in a temporary folder; with --context or -b it uses a cluster that is there, under names that begin with ottla-demo. It ends by itself or with Ctrl-C, and leaves nothing behind.',
    ],
    options: [{ name: 'for', value: 'TIME', description: 'How long orders come in. Default: 12s.' }],
    load: () => import('../run/demo.ts'),
  },
  {
    name: 'bench',
    summary: 'Measures quickly what goes into a cluster, what comes out, and how long it takes',
    description: [
      'It makes a topic (ottla-bench-…), fills it, reads it, sends single records to and fro, and deletes it. At most 1 GiB. Figures hold for this machine and moment.',
    ],
    options: [
      { name: 'records', short: 'n', value: 'COUNT', description: 'Default: 200000.' },
      { name: 'size', short: 's', value: 'BYTES', description: 'Of a record. Default: 100.' },
      { name: 'partitions', short: 'p', value: 'COUNT', description: 'Of the topic. Default: 1.' },
      {
        name: 'compression',
        short: 'z',
        value: 'CODEC',
        choices: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
        description: 'Default: none.',
      },
      { name: 'acks', value: 'WHO', choices: ['all', '1', '0'], description: 'Default: all.' },
      {
        name: 'round-trips',
        value: 'COUNT',
        description: 'Single records, from send until a consumer has them. Default: 1000; 0 leaves them out.',
      },
    ],
    json: '{servers, recordBytes, partitions, compression, acks, produce, consume, endToEnd}; produce and consume are {records, bytes, ms, recordsPerSecond, megabytesPerSecond, latency}, latency and endToEnd are {count, p50, p95, p99, max} in milliseconds, or null.',
    examples: [{ says: 'Records of 1 KB with lz4', line: 'ottla bench -s 1000 -z lz4' }],
    load: () => import('../run/bench.ts'),
  },
]
