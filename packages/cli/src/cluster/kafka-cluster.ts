/** kafka-cluster: its id, its brokers, and taking out one that is gone. */

import { isBrokerError, type Kafka } from '@ottla/client'
import { ErrorCode } from '@ottla/protocol'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { defineSubcommands } from '../options/subcommands.ts'
import { ToolError } from '../options/usage-error.ts'
import { ADDRESS_OPTIONS, COMMAND_CONFIG, connectBy } from '../shared/server-options.ts'

const WIDTH = 10

/** Runs kafka-cluster. */
export const run = defineSubcommands({
  name: 'kafka-cluster',
  purpose: 'see the id and the brokers of a cluster, and unregister a broker.',
  helpCode: 1,
  everywhere: [
    ...ADDRESS_OPTIONS.map((option, at) => ({ ...option, short: ['b', 'C'][at]! })),
    { name: 'config', argument: { label: 'config' }, description: 'The old name of the next one.' },
    { ...COMMAND_CONFIG, short: 'c' },
  ],
  commands: {
    'cluster-id': { help: 'Shows the id of the cluster.', options: [], run: showId },
    unregister: {
      help: 'Takes the registration of a broker out of the metadata.',
      options: [
        {
          name: 'id',
          short: 'i',
          argument: { label: 'id', type: 'Integer' },
          isRequired: true,
          description: 'The broker.',
        },
      ],
      run: unregister,
    },
    'list-endpoints': {
      help: 'Lists the brokers.',
      options: [{ name: 'include-fenced-brokers', description: 'Those too that take no part.' }],
      run: listEndpoints,
    },
  },
})

function clientFor(options: ParsedOptions, io: Io): Kafka {
  if (options.has('config') && options.has('command-config')) {
    throw new ToolError('--config and --command-config cannot be specified together.')
  }
  if (options.has('config')) {
    printLine(
      io.stdout,
      'Option --config has been deprecated and will be removed in a future version. Use --command-config instead.',
    )
  }
  return connectBy(options, io)
}

async function showId(options: ParsedOptions, io: Io): Promise<number> {
  await using kafka = clientFor(options, io)
  const { clusterId } = await kafka.admin().describeCluster()
  printLine(
    io.stdout,
    clusterId === '' ? 'No cluster ID found. The Kafka version is probably too old.' : `Cluster ID: ${clusterId}`,
  )
  return 0
}

async function unregister(options: ParsedOptions, io: Io): Promise<number> {
  const id = options.integer('id')!
  await using kafka = clientFor(options, io)
  try {
    await kafka.admin().quorum.unregisterBroker(id)
  } catch (error) {
    if (!isBrokerError(error, ErrorCode.UNSUPPORTED_VERSION)) throw error
    printLine(io.stdout, 'The target cluster does not support the broker unregistration API.')
    return 0
  }
  printLine(io.stdout, `Broker ${id} is no longer registered.`)
  return 0
}

async function listEndpoints(options: ParsedOptions, io: Io): Promise<number> {
  if (options.has('include-fenced-brokers') && options.has('bootstrap-controller')) {
    throw new ToolError('The option --include-fenced-brokers is only supported with --bootstrap-server option')
  }
  await using kafka = clientFor(options, io)
  const includeFencedBrokers = options.has('include-fenced-brokers')
  const { brokers } = await kafka.admin().describeCluster({ includeFencedBrokers })
  const hostWidth = Math.max(...brokers.map(({ host }) => host.length), 0)
  const widths = [WIDTH, hostWidth, WIDTH, WIDTH, WIDTH, WIDTH + 5]
  const line = (cells: readonly string[]): void =>
    printLine(io.stdout, cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' '))
  line(['ID', 'HOST', 'PORT', 'RACK', 'STATE', 'ENDPOINT_TYPE'])
  for (const { id, host, port, rack, isFenced } of brokers) {
    line([String(id), host, String(port), rack ?? 'null', isFenced ? 'fenced' : 'unfenced', 'broker'])
  }
  return 0
}
