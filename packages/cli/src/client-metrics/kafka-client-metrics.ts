/** kafka-client-metrics: which metrics clients are asked to send, and how often (KIP-714, KIP-1000). */
import { type Admin, type ConfigChange, ConfigResourceType, resourceKey, unwrap } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { excludeOptions, onlyAction } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError } from '../options/usage-error.ts'
import { connect, readProperties } from '../shared/client-properties.ts'
import { errorText } from '../shared/error-text.ts'
import { SERVER_OPTIONS } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'

const OPTIONS: OptionTable = [
  ...SERVER_OPTIONS,
  { name: 'alter', description: 'Set up a subscription, or change it.' },
  { name: 'delete', description: 'Delete a subscription.' },
  { name: 'describe', description: 'Show subscriptions.' },
  { name: 'list', description: 'List the names of the subscriptions.' },
  { name: 'name', argument: { label: 'name' }, description: 'The name of the subscription.' },
  { name: 'generate-name', description: 'With --alter: a name is made up.' },
  {
    name: 'interval',
    argument: { label: 'push interval' },
    description: 'How often clients send, in milliseconds. Empty: back to the default.',
  },
  {
    name: 'match',
    argument: { label: 'k1=v1,k2=v2' },
    description:
      'Which clients: client_id, client_instance_id, client_software_name, client_software_version, client_source_address and client_source_port, each with a regular expression.',
  },
  { name: 'metrics', argument: { label: 'm1,m2' }, description: 'Prefixes of the names of metrics.' },
]
const ACTIONS = ['alter', 'delete', 'describe', 'list']
const SETTINGS = ['interval', 'match', 'metrics']
const INT32_MAX = 2 ** 31

/** Runs kafka-client-metrics. */
export const run = defineTool({
  purpose: 'manipulate and describe client metrics configurations.',
  options: OPTIONS,
  syntaxError: 'with-options',
  async run(options, io) {
    const action = onlyAction(
      options,
      ACTIONS,
      'Command must include exactly one action: --alter, --delete, --describe or --list.',
    )
    checkOptions(action, options)
    const file = options.value('command-config')
    const properties = file === undefined ? new Map() : readProperties(file, io)
    const servers = options.required('bootstrap-server')
    try {
      await using kafka = connect(servers, properties, io)
      await perform(action, { admin: kafka.admin(), options, io })
      return 0
    } catch (error) {
      printLine(io.stdout, `Error while executing client metrics command : ${errorText(error)}`)
      return 1
    }
  },
})

function checkOptions(action: string, options: ParsedOptions): void {
  if (!options.has('bootstrap-server')) throw new ToolError('--bootstrap-server must be specified.')
  if (action === 'list') excludeOptions(options, 'list', ['name', 'generate-name', ...SETTINGS])
  if (action === 'describe') excludeOptions(options, 'describe', ['generate-name', ...SETTINGS])
  if (action === 'delete') excludeOptions(options, 'delete', ['generate-name', ...SETTINGS])
  if (action === 'delete' && !options.has('name')) {
    throw new ToolError('A client metrics resource name must be specified with --delete.')
  }
  if (action !== 'alter') return
  if (options.has('name') === options.has('generate-name')) {
    throw new ToolError('One of --name or --generate-name must be specified with --alter.')
  }
  const interval = options.value('interval') ?? ''
  const isWhole = /^[+-]?\d+$/.test(interval) && Math.abs(Number(interval)) < INT32_MAX
  if (interval !== '' && !isWhole) {
    throw new ToolError('Invalid interval value. Enter an integer, or leave empty to reset.')
  }
}

interface Command {
  readonly admin: Admin
  readonly options: ParsedOptions
  readonly io: Io
}

async function perform(action: string, command: Command): Promise<void> {
  const { admin, options, io } = command
  switch (action) {
    case 'alter':
      return await alter(command)
    case 'delete': {
      const name = options.required('name')
      const changes = (await settings(admin, name)).map((entry) => ({ kind: 'delete' as const, name: entry.name }))
      await change(admin, name, changes)
      return printLine(io.stdout, `Deleted client metrics config for ${name}.`)
    }
    case 'describe':
      return await describe(command)
    default:
      return printLine(io.stdout, (await names(admin)).join('\n'))
  }
}

async function alter({ admin, options, io }: Command): Promise<void> {
  const name = options.value('name') ?? io.env.random.uuid()
  const keys: readonly (readonly [string, string])[] = [
    ['interval', 'interval.ms'],
    ['metrics', 'metrics'],
    ['match', 'match'],
  ]
  const changes = keys.flatMap(([option, key]): ConfigChange[] => {
    const value = options.value(option)
    if (value === undefined) return []
    return [value === '' ? { kind: 'delete', name: key } : { kind: 'set', name: key, value }]
  })
  await change(admin, name, changes)
  printLine(io.stdout, `Altered client metrics config for ${name}.`)
}

async function change(admin: Admin, name: string, changes: readonly ConfigChange[]): Promise<void> {
  const resource = { type: ConfigResourceType.clientMetrics, name }
  unwrap((await admin.incrementalAlterConfigs([{ resource, changes }])).get(resourceKey(resource)))
}

async function describe({ admin, options, io }: Command): Promise<void> {
  const wanted = options.value('name')
  const known = await names(admin)
  for (const name of wanted === undefined ? known : [wanted]) {
    if (!known.includes(name)) {
      printLine(io.stdout, `The client metric resource ${name} doesn't exist and doesn't have dynamic config.`)
      continue
    }
    printLine(io.stdout, `Client metrics configs for ${name} are:`)
    const entries = [...(await settings(admin, name))].sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) printLine(io.stdout, `  ${entry.name}=${entry.value}`)
  }
}

async function names(admin: Admin): Promise<string[]> {
  const found = await admin.listConfigResources([ConfigResourceType.clientMetrics])
  return found.filter(({ type }) => type === ConfigResourceType.clientMetrics).map(({ name }) => name)
}

async function settings(admin: Admin, name: string) {
  const resource = { type: ConfigResourceType.clientMetrics, name }
  return unwrap((await admin.describeConfigs([resource])).get(resourceKey(resource)))
}
