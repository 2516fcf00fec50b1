/** kafka-groups: lists groups of all types (KIP-1043). */
import { type GroupListing, TimeoutError } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { excludeOptions } from '../options/check-options.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { capitalized } from '../shared/capitalized.ts'
import { connect, readProperties } from '../shared/client-properties.ts'
import { errorText, withCause } from '../shared/error-text.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'
import { SERVER_OPTIONS } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'

const TYPES = ['classic', 'consumer', 'share', 'streams']
const WIDTH = 20

/** Runs kafka-groups. */
export const run = defineTool({
  purpose: 'list groups of all types.',
  syntaxError: 'with-options',
  acceptsNoArguments: true,
  options: [
    ...SERVER_OPTIONS.map((option) => ({ ...option, isRequired: option.name === 'bootstrap-server' })),
    { name: 'list', description: 'List the groups.' },
    {
      name: 'group-type',
      argument: { label: 'type' },
      description: `Only groups of this type: ${TYPES.join(', ')}.`,
    },
    { name: 'protocol', argument: { label: 'protocol' }, description: 'Only groups of this protocol.' },
    { name: 'consumer', description: 'Only groups of consumers: new ones, old ones, and mere committed offsets.' },
    { name: 'share', description: 'Only share groups.' },
    { name: 'streams', description: 'Only streams groups.' },
  ],
  async run(options, io) {
    const isWanted = checkOptions(options)
    const file = options.value('command-config')
    const properties = file === undefined ? new Map() : readProperties(file, io)
    const servers = options.required('bootstrap-server')
    let groups: GroupListing[]
    try {
      await using kafka = connect(servers, properties, io)
      groups = await kafka.admin().listGroups()
    } catch (error) {
      // So it is in Kafka's tool: on stdout.
      printLine(io.stdout, `Error while executing groups command : ${messageOf(error)}`)
      return 1
    }
    print(javaMapOrder(groups, ({ group }) => stringHash(group)).filter(isWanted), io)
    return 0
  },
})

function messageOf(error: unknown): string {
  if (!(error instanceof TimeoutError)) return errorText(error)
  return withCause('Failed to find brokers to send ListGroups', error.message)
}

/** What the filters let through. Throws UsageError, ToolError. */
function checkOptions(options: ParsedOptions): (group: GroupListing) => boolean {
  if (!options.has('bootstrap-server')) throw new UsageError('Missing required option(s) [bootstrap-server]')
  if (!options.has('list')) throw new UsageError('Command must include exactly one action: --list.')
  excludeOptions(options, 'consumer', ['group-type', 'protocol', 'share', 'streams'])
  excludeOptions(options, 'share', ['streams', 'group-type', 'protocol', 'consumer'])
  excludeOptions(options, 'streams', ['group-type', 'protocol', 'consumer', 'share'])
  if (options.has('consumer')) {
    return ({ type, protocolType }) =>
      type === 'consumer' || (type === 'classic' && (protocolType === 'consumer' || protocolType === ''))
  }
  if (options.has('share')) return ({ type }) => type === 'share'
  if (options.has('streams')) return ({ type }) => type === 'streams'
  const wanted = options.value('group-type')?.toLowerCase()
  if (wanted !== undefined && !TYPES.includes(wanted)) throw new ToolError('--group-type must be a valid group type.')
  const protocol = options.value('protocol')
  return ({ type, protocolType }) =>
    (wanted === undefined || type === wanted) && (protocol === undefined || protocolType === protocol)
}

function print(groups: readonly GroupListing[], io: Io): void {
  const rows = groups.map(({ group, type, protocolType }) => [group, capitalized(type), protocolType])
  const width = Math.max(WIDTH, ...rows.flat().map((cell) => cell.length))
  const line = (cells: readonly string[]) => cells.map((cell) => cell.padEnd(width)).join(' ')
  printLine(io.stdout, line(['GROUP', 'TYPE', 'PROTOCOL']))
  for (const row of rows) printLine(io.stdout, `${line(row)} `)
}
