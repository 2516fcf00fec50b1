/** kafka-leader-election: has the preferred replicas lead, or any that is left (KIP-460). */
import { type Admin, isBrokerError, type Outcome, partitionKey, type TopicPartition } from '@ottla/client'
import { ErrorCode } from '@ottla/protocol'
import { type Io, printLine } from '../io.ts'
import { excludeOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { javaMapOrder, partitionHash } from '../shared/java-map-order.ts'
import { jsonField, jsonInteger, jsonList, jsonText, parseJson, readTextFile } from '../shared/json-file.ts'
import { connectBy, SERVER_OPTIONS } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'

const OPTIONS: OptionTable = [
  ...SERVER_OPTIONS,
  {
    name: 'admin.config',
    argument: { label: 'config file' },
    description: 'Old name of --command-config.',
  },
  {
    name: 'election-type',
    argument: { label: 'election type', typeLabel: '[PREFERRED,UNCLEAN]' },
    description: 'REQUIRED: preferred, or unclean (any replica may lead where none does; records can be lost).',
  },
  { name: 'topic', argument: { label: 'topic name' }, description: 'The topic, together with --partition.' },
  { name: 'partition', argument: { label: 'partition id', type: 'Integer' }, description: 'The partition of it.' },
  {
    name: 'path-to-json-file',
    argument: { label: 'Path to JSON file' },
    description: 'The partitions as a file: {"partitions": [{"topic": "foo", "partition": 1}]}.',
  },
  { name: 'all-topic-partitions', description: 'All partitions that can have another leader.' },
]
const SELECTIONS = ['topic', 'all-topic-partitions', 'path-to-json-file']
const KINDS = { preferred: 'PREFERRED', unclean: 'UNCLEAN' } as const
const DEPRECATED =
  'Option --admin.config has been deprecated and will be removed in a future version. Use --command-config instead.'

const JACKSON = 'com.fasterxml.jackson.databind.JsonMappingException'
const TOO_LATE = 'Timeout waiting for election results'

type Kind = keyof typeof KINDS

/** Runs kafka-leader-election. */
export const run = defineTool({
  purpose:
    'attempt to elect a new leader for a set of topic partitions. The type of elections supported are preferred replicas and unclean replicas.',
  options: OPTIONS,
  async run(options, io) {
    const kind = electionKind(options)
    checkOptions(options)
    if (kind === undefined) throw new ToolError('Missing required option(s): election-type')
    const partitions = chosenPartitions(options, io)
    if (options.has('admin.config')) printLine(io.stdout, DEPRECATED)
    await using kafka = connectBy(options, io)
    const failures = report(kind, await elect({ admin: kafka.admin(), io }, kind, partitions), io)
    if (failures > 0) throw new ToolError(`${failures} replica(s) could not be elected`)
    return 0
  },
})

async function elect(
  { admin, io }: { readonly admin: Admin; readonly io: Io },
  kind: Kind,
  partitions: readonly TopicPartition[] | null,
): Promise<Map<string, Outcome<void>>> {
  try {
    return await admin.replicas.electLeaders(kind, partitions)
  } catch (error) {
    const failure = callFailure(error)
    if (failure === TOO_LATE) printLine(io.stdout, failure)
    throw new ToolError(failure)
  }
}

function callFailure(error: unknown): string {
  if (isBrokerError(error, ErrorCode.CLUSTER_AUTHORIZATION_FAILED)) return 'Not authorized to perform leader election'
  const isLate = (error as { readonly code?: unknown }).code === 'TIMEOUT'
  return isLate ? TOO_LATE : 'Error while making request'
}

/** Undefined: not given. */
function electionKind(options: ParsedOptions): Kind | undefined {
  const text = options.value('election-type')
  const kind = text?.toLowerCase()
  if (kind === undefined || kind === 'preferred' || kind === 'unclean') return kind
  throw new UsageError(`Cannot parse argument '${text}' of option election-type`, { isSyntax: true })
}

function checkOptions(options: ParsedOptions): void {
  excludeOptions(options, 'admin.config', ['command-config'])
  const absent = ['bootstrap-server', 'election-type'].filter((name) => !options.has(name))
  if (absent.length > 0) throw new ToolError(`Missing required option(s): ${absent.join(', ')}`)
  if (SELECTIONS.filter((name) => options.has(name)).length !== 1) {
    throw new ToolError(`One and only one of the following options is required: ${SELECTIONS.join(', ')}`)
  }
  if (options.has('topic') && !options.has('partition')) throw new ToolError('Missing required option(s): partition')
  if (options.has('partition') && !options.has('topic')) {
    throw new ToolError('Option partition is only allowed if topic is used')
  }
}

/** Null: all of them. */
export function chosenPartitions(options: ParsedOptions, io: Io): TopicPartition[] | null {
  const topic = options.value('topic')
  const partition = options.integer('partition')
  if (topic !== undefined && partition !== undefined) return [{ topic, partition }]
  const path = options.value('path-to-json-file')
  return path === undefined ? null : readPartitions(readTextFile(path, io, unreadable(path)))
}

function unreadable(path: string): string {
  return `java.io.IOException: Unable to read file ${path}`
}

function readPartitions(text: string): TopicPartition[] {
  const json = parseJson(text)
  if (json === undefined) throw new ToolError('Replica election data is empty')
  if (Array.isArray(json)) throw new ToolError(`${JACKSON}: Expected JSON object, received ${JSON.stringify(json)}`)
  const items = (json as { readonly partitions?: unknown } | null)?.partitions
  if (items === undefined) throw new ToolError('Replica election data is missing "partitions" field')
  const partitions = namingJackson(() =>
    jsonList(items).map((item) => ({
      topic: jsonText(jsonField(item, 'topic')),
      partition: jsonInteger(jsonField(item, 'partition')),
    })),
  )
  const keys = partitions.map(({ topic, partition }) => partitionKey(topic, partition))
  const duplicates = new Set(keys.filter((key, at) => keys.indexOf(key) !== at))
  if (duplicates.size > 0) {
    throw new ToolError(`Replica election data contains duplicate partitions: [${[...duplicates].join(', ')}]`)
  }
  return partitions
}

/** What is wrong with the JSON, behind the name of the exception that Kafka's tool shows. */
function namingJackson<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof ToolError ? new ToolError(`${JACKSON}: ${error.message}`) : error
  }
}

/** How many could not be elected. */
function report(kind: Kind, outcomes: ReadonlyMap<string, Outcome<void>>, io: Io): number {
  const done: string[] = []
  const needless: string[] = []
  const failures: string[] = []
  for (const { key, outcome } of inOrder(outcomes)) {
    if (outcome.kind === 'done') done.push(key)
    else if (isBrokerError(outcome.error, ErrorCode.ELECTION_NOT_NEEDED)) needless.push(key)
    else failures.push(`partition: ${key}: ${errorTextWithClass(outcome.error)}`)
  }
  const type = KINDS[kind]
  if (done.length > 0) {
    printLine(io.stdout, `Successfully completed leader election (${type}) for partitions ${done.join(', ')}`)
  }
  if (needless.length > 0) {
    printLine(io.stdout, `Valid replica already elected for partitions ${needless.join(', ')}`)
  }
  for (const failure of failures) printLine(io.stdout, `Error completing leader election (${type}) for ${failure}`)
  return failures.length
}

function inOrder(outcomes: ReadonlyMap<string, Outcome<void>>): { key: string; outcome: Outcome<void> }[] {
  const items = [...outcomes].map(([key, outcome]) => {
    const dash = key.lastIndexOf('-')
    return { key, outcome, topic: key.slice(0, dash), partition: Number(key.slice(dash + 1)) }
  })
  return javaMapOrder(items, partitionHash)
}
