/** kafka-cluster: its id, its brokers, and taking out one that is gone. */

import { isBrokerError } from '@ottla/client'
import { ErrorCode } from '@ottla/protocol'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { defineSubcommands } from '../options/subcommands.ts'
import { ToolError } from '../options/usage-error.ts'
import { connectBy, SERVER_OPTIONS } from '../shared/server-options.ts'

const WIDTH = 10

/** Runs kafka-cluster. */
export const run = defineSubcommands({
  name: 'kafka-cluster',
  purpose: 'see the id and the brokers of a cluster, and unregister a broker.',
  shared: [
    ...SERVER_OPTIONS,
    { name: 'config', argument: { label: 'config' }, description: 'As --command-config.', isHidden: true },
  ],
  commands: {
    'cluster-id': { help: 'Shows the id of the cluster.', options: [], run: showId },
    unregister: {
      help: 'Takes the registration of a broker out of the metadata.',
      options: [{ name: 'id', argument: { label: 'id', type: 'Integer' }, description: 'The broker.' }],
      run: unregister,
    },
    'list-endpoints': {
      help: 'Lists the brokers.',
      options: [{ name: 'include-fenced-brokers', description: 'Those too that take no part.' }],
      run: listEndpoints,
    },
  },
})

async function showId(options: ParsedOptions, io: Io): Promise<number> {
  await using kafka = connectBy(options, io)
  const { clusterId } = await kafka.admin().describeCluster()
  printLine(
    io.stdout,
    clusterId === '' ? 'No cluster ID found. The Kafka version is probably too old.' : `Cluster ID: ${clusterId}`,
  )
  return 0
}

async function unregister(options: ParsedOptions, io: Io): Promise<number> {
  const id = options.integer('id')
  if (id === undefined) throw new ToolError('argument --id/-i is required')
  await using kafka = connectBy(options, io)
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
  await using kafka = connectBy(options, io)
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
