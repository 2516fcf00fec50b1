/** kafka-metadata-quorum: who holds the metadata, and how far each is. */
import type { QuorumDescription, QuorumReplica } from '@ottla/client'
import { ZERO_UUID } from '@ottla/protocol'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { defineSubcommands } from '../options/subcommands.ts'
import { FileError, ToolError, UsageError } from '../options/usage-error.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { prettyTable } from '../shared/pretty-table.ts'
import { ADDRESS_OPTIONS, COMMAND_CONFIG, connectBy } from '../shared/server-options.ts'

const LABEL_WIDTH = 24
const UUID_BYTES = 16
const DIRECTORY = {
  isRequired: true,
  short: 'd',
  name: 'controller-directory-id',
  argument: { label: 'id' },
  description: 'The directory of the controller.',
}
const CONTROLLER = {
  isRequired: true,
  short: 'i',
  name: 'controller-id',
  argument: { label: 'id', type: 'Integer' as const },
  description: 'The controller.',
}
const DRY_RUN = { name: 'dry-run', description: 'Say what would be done, and do nothing.' }

/** Runs kafka-metadata-quorum. */
export const run = defineSubcommands({
  name: 'kafka-metadata-quorum',
  purpose: 'describe the quorum that holds the metadata, and change its voters.',
  shared: [...ADDRESS_OPTIONS, COMMAND_CONFIG],
  errorMessage: (error) =>
    error instanceof FileError ? `Properties file ${error.path} does not exists!` : errorTextWithClass(error),
  commands: {
    describe: {
      help: 'Describes the quorum.',
      options: [
        { name: 'status', description: 'What the quorum as a whole is at.' },
        { name: 'replication', description: 'What each of its members is at.' },
        { name: 'human-readable', description: 'Times as distances from now.' },
      ],
      run: describe,
    },
    'add-controller': { help: 'Makes a controller a voter.', options: [DRY_RUN], run: addController },
    'remove-controller': {
      help: 'Takes a voter out.',
      options: [CONTROLLER, DIRECTORY, DRY_RUN],
      run: removeController,
    },
  },
})

async function describe(options: ParsedOptions, io: Io): Promise<number> {
  if (options.has('status') && options.has('replication')) {
    throw new UsageError('Only one of --status or --replication should be specified with describe sub-command')
  }
  if (!options.has('status') && !options.has('replication')) {
    throw new UsageError('One of --status or --replication must be specified with describe sub-command')
  }
  if (options.has('status') && options.has('human-readable')) {
    throw new UsageError('The option --human-readable is only supported along with --replication')
  }
  await using kafka = connectBy(options, io)
  const admin = kafka.admin()
  const quorum = await admin.quorum.describe()
  if (options.has('replication')) {
    const isRelative = options.has('human-readable')
    const time = (at: number | null): string => {
      if (at === null) return '-1'
      return isRelative ? `${Math.max(0, io.env.clock.now() - at)} ms ago` : String(at)
    }
    for (const line of replication(quorum, time)) printLine(io.stdout, line)
  } else {
    const { clusterId } = await admin.describeCluster()
    for (const [label, value] of status(quorum, clusterId)) {
      printLine(io.stdout, `${`${label}:`.padEnd(LABEL_WIDTH)}${value}`)
    }
  }
  return 0
}

function replication(quorum: QuorumDescription, time: (at: number | null) => string): string[] {
  const { leaderId, voters, observers } = quorum
  const end = voters.find(({ id }) => id === leaderId)?.logEndOffset ?? 0
  const row = (replica: QuorumReplica, what: string): string[] => [
    String(replica.id),
    replica.directoryId,
    String(replica.logEndOffset),
    String(end - replica.logEndOffset),
    time(replica.lastFetchAt),
    time(replica.lastCaughtUpAt),
    what,
  ]
  const leader = voters.filter(({ id }) => id === leaderId).map((replica) => row(replica, 'Leader'))
  const followers = voters.filter(({ id }) => id !== leaderId).map((replica) => row(replica, 'Follower'))
  const header = [
    'NodeId',
    'DirectoryId',
    'LogEndOffset',
    'Lag',
    'LastFetchTimestamp',
    'LastCaughtUpTimestamp',
    'Status',
  ]
  return prettyTable(header, [...leader, ...followers, ...observers.map((replica) => row(replica, 'Observer'))])
}

function status(quorum: QuorumDescription, clusterId: string): [label: string, value: string][] {
  const { leaderId, leaderEpoch, highWatermark, voters, observers } = quorum
  const leader = voters.find(({ id }) => id === leaderId)
  const followers = voters.filter(({ id }) => id !== leaderId)
  const slowest = followers.reduce<QuorumReplica | undefined>(
    (least, replica) => (least === undefined || replica.logEndOffset < least.logEndOffset ? replica : least),
    undefined,
  )
  const lag = slowest === undefined ? 0 : (leader?.logEndOffset ?? 0) - slowest.logEndOffset
  return [
    ['ClusterId', clusterId],
    ['LeaderId', String(leaderId)],
    ['LeaderEpoch', String(leaderEpoch)],
    ['HighWatermark', String(highWatermark)],
    ['MaxFollowerLag', String(lag)],
    ['MaxFollowerLagTimeMs', String(lagMs(leader, slowest))],
    ['CurrentVoters', listed(voters, quorum)],
    ['CurrentObservers', listed(observers, quorum)],
  ]
}

/** -1: unknown. */
function lagMs(leader: QuorumReplica | undefined, slowest: QuorumReplica | undefined): number {
  if (slowest === undefined) return 0
  if (leader?.lastCaughtUpAt == null || slowest.lastCaughtUpAt === null) return -1
  return leader.lastCaughtUpAt - slowest.lastCaughtUpAt
}

function listed(replicas: readonly QuorumReplica[], { nodes }: QuorumDescription): string {
  const items = replicas.map(({ id, directoryId }) => {
    const listeners = nodes.find((node) => node.id === id)?.listeners ?? []
    const endpoints = listeners.map(({ name, host, port }) => `"${name}://${host}:${port}"`).join(', ')
    const parts = [`"id": ${id}`]
    if (directoryId !== ZERO_UUID) parts.push(`"directoryId": "${directoryId}"`)
    if (listeners.length > 0) parts.push(`"endpoints": [${endpoints}]`)
    return `{${parts.join(', ')}}`
  })
  return `[${items.join(', ')}]`
}

async function addController(options: ParsedOptions): Promise<number> {
  if (!options.has('command-config')) {
    throw new ToolError(
      'You must supply the configuration file of the controller you are adding when using add-controller.',
    )
  }
  throw new ToolError('Voters are not added by this tool yet: use that of Apache Kafka.')
}

/** Throws ToolError. */
function checkUuid(text: string): void {
  const bytes = Buffer.from(text, 'base64url').length
  if (bytes === UUID_BYTES) return
  const problem = `Input string \`${text}\` decoded as ${bytes} bytes`
  throw new ToolError(
    `Failed to parse --controller-directory-id: ${problem}, which is not equal to the expected 16 bytes of a base64-encoded UUID`,
  )
}

async function removeController(options: ParsedOptions, io: Io): Promise<number> {
  const id = options.integer('controller-id')!
  const directoryId = options.required('controller-directory-id')
  checkUuid(directoryId)
  if (id < 0) throw new ToolError(`Invalid negative --controller-id: ${id}`)
  const what = ` KRaft controller ${id} with directory id ${directoryId}`
  if (options.has('dry-run')) {
    printLine(io.stdout, `DRY RUN of removing ${what}`)
    return 0
  }
  await using kafka = connectBy(options, io)
  await kafka.admin().quorum.removeVoter({ id, directoryId })
  printLine(io.stdout, `Removed ${what}`)
  return 0
}
