/** kafka-broker-api-versions: what each broker speaks, and what this client would use of it. */
import { type Admin, type BrokerDescription, type Kafka, TimeoutError } from '@ottla/client'
import { type Api, apiOf } from '@ottla/protocol'
import { type Io, printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import { ToolError } from '../options/usage-error.ts'
import { connect, type Properties, readProperties } from '../shared/client-properties.ts'
import { errorText, isWrongAddress, withCause } from '../shared/error-text.ts'
import { defineTool } from '../tool.ts'
import { clientApis } from './client-apis.ts'

const OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'server(s) to use for bootstrapping' },
    description: 'REQUIRED: brokers to ask first.',
  },
  {
    name: 'command-config',
    argument: { label: 'command config property file' },
    description: 'Properties file for the client.',
  },
]

interface Range {
  readonly min: number
  readonly max: number
}

/** Runs kafka-broker-api-versions. */
export const run = defineTool({
  purpose: 'retrieve broker version information.',
  options: OPTIONS,
  async run(options, io) {
    requireOptions(options, ['bootstrap-server'])
    const file = options.value('command-config')
    const properties = file === undefined ? new Map() : readProperties(file, io)
    const servers = options.required('bootstrap-server')
    await using kafka = client(servers, properties, io)
    const admin = kafka.admin()
    const brokers = await brokersOf(admin, servers)
    for (const broker of [...brokers].sort((a, b) => a.id - b.id)) {
      try {
        const { apis } = await admin.brokerVersions(broker)
        printLine(io.stdout, describe(broker, apis))
      } catch (error) {
        printLine(io.stdout, `${nodeText(broker)} -> ERROR: ${errorText(error)}`)
      }
    }
    return 0
  },
})

/** Throws ToolError for addresses that are none. */
function client(servers: string, properties: Properties, io: Io): Kafka {
  try {
    return connect(servers, properties, io)
  } catch (error) {
    throw isWrongAddress(error) ? new ToolError(error.message) : error
  }
}

async function brokersOf(admin: Admin, servers: string): Promise<readonly BrokerDescription[]> {
  try {
    return (await admin.describeCluster({ includeFencedBrokers: true })).brokers
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    const asked = servers.split(',').map((server, at) => `${server} (id: ${-1 - at} rack: null isFenced: false)`)
    throw new ToolError(withCause(`Request METADATA failed on brokers [${asked.join(', ')}]`, error.message))
  }
}

function describe(broker: BrokerDescription, served: ReadonlyMap<number, Range>): string {
  const known = new Map(clientApis().map((api) => [api.key, api]))
  const keys = [...new Set([...known.keys(), ...served.keys()])].sort((a, b) => a - b)
  const lines = keys.map((key) => `\t${apiText(key, known.get(key), served.get(key))}`)
  return `${nodeText(broker)} -> (\n${lines.join(',\n')}\n)`
}

function nodeText({ host, port, id, rack, isFenced }: BrokerDescription): string {
  return `${host}:${port} (id: ${id} rack: ${rack} isFenced: ${isFenced})`
}

function apiText(key: number, api: Api | undefined, served: Range | undefined): string {
  const name = api?.name ?? apiOf(key)?.name
  if (name === undefined) return `UNKNOWN(${key}): ${rangeText(served!)}`
  if (served === undefined) return `${name}(${key}): UNSUPPORTED`
  return `${name}(${key}): ${rangeText(served)} [${usable(api ?? apiOf(key)!, served)}]`
}

function rangeText({ min, max }: Range): string {
  return min === max ? String(min) : `${min} to ${max}`
}

function usable({ requestVersions, advertised }: Api, served: Range): string {
  // Unstable versions are not used by themselves; APIs that brokers do not advertise are all ours.
  const ours = advertised.max >= advertised.min ? advertised : requestVersions
  if (served.min > ours.max) return 'unusable: node too new'
  if (served.max < ours.min) return 'unusable: node too old'
  return `usable: ${Math.min(ours.max, served.max)}`
}
