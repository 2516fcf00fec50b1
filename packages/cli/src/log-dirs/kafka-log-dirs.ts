/** kafka-log-dirs: which replicas lie in which folders of the brokers, as JSON (KIP-113). */
import type { LogDirDescription } from '@ottla/client'
import { partitionKey } from '@ottla/client'
import { formatInt64 } from '@ottla/stdx'
import { printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import { ToolError } from '../options/usage-error.ts'
import { exceptionClass } from '../shared/error-text.ts'
import { javaMapOrder, partitionHash, stringHash } from '../shared/java-map-order.ts'
import { connectBy, SERVER_OPTIONS } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'

const OPTIONS: OptionTable = [
  ...SERVER_OPTIONS,
  { name: 'describe', description: 'REQUIRED: describe the folders.' },
  {
    name: 'topic-list',
    argument: { label: 'Topic list' },
    description: 'Only these topics: topic1,topic2. All of them when none are named.',
    default: '',
  },
  {
    name: 'broker-list',
    argument: { label: 'Broker list' },
    description: 'Only these brokers: 0,1. All of them when none are named.',
    default: '',
  },
]

/** Runs kafka-log-dirs. */
export const run = defineTool({
  purpose: 'query log directory usage on the specified brokers.',
  options: OPTIONS,
  async run(options, io) {
    requireOptions(options, ['bootstrap-server', 'describe'])
    await using kafka = connectBy(options, io)
    const admin = kafka.admin()
    const topics = new Set(listOf(options.value('topic-list')))
    const known = (await admin.describeCluster()).brokers.map(({ id }) => id)
    const brokers = chosenBrokers(listOf(options.value('broker-list')), known)
    printLine(io.stdout, 'Querying brokers for log directories information')
    const found = await admin.logDirs.describe({ brokers })
    printLine(io.stdout, `Received log directory information from brokers ${brokers.join(',')}`)
    const ofBrokers = javaMapOrder(found, ([id]) => id).map(([id, dirs]) => {
      const shown = javaMapOrder(dirs, ({ path }) => stringHash(path)).map((dir) => dirJson(dir, topics))
      return `{"broker":${id},"logDirs":[${shown.join(',')}]}`
    })
    printLine(io.stdout, `{"brokers":[${ofBrokers.join(',')}],"version":1}`)
    return 0
  },
})

function listOf(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((item) => item !== '')
}

function chosenBrokers(wanted: readonly string[], known: readonly number[]): number[] {
  const ids = new Set(wanted.map(brokerId))
  const unknown = [...ids].filter((id) => !known.includes(id))
  if (unknown.length > 0) {
    const there = javaMapOrder(known, (id) => id).join(',')
    throw new ToolError(
      `ERROR: The given brokers do not exist from --broker-list: ${javaMapOrder(unknown, (id) => id).join(',')}. Current existent brokers: ${there}`,
    )
  }
  return javaMapOrder(ids.size === 0 ? known : ids, (id) => id)
}

function brokerId(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new ToolError(`For input string: "${text}"`)
  return Number(text)
}

function dirJson({ path, error, replicas }: LogDirDescription, topics: ReadonlySet<string>): string {
  const partitions = javaMapOrder(replicas, partitionHash)
    .filter(({ topic }) => topics.size === 0 || topics.has(topic))
    .map(({ topic, partition, sizeBytes, offsetLag, isFuture }) => {
      const name = JSON.stringify(partitionKey(topic, partition))
      return `{"partition":${name},"size":${sizeBytes},"offsetLag":${formatInt64(offsetLag)},"isFuture":${isFuture}}`
    })
  const problem = error === null ? null : exceptionClass(error)
  return `{"partitions":[${partitions.join(',')}],"error":${JSON.stringify(problem)},"logDir":${JSON.stringify(path)}}`
}
