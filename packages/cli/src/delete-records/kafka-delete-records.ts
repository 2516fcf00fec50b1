/** kafka-delete-records: moves the first offsets of partitions, as a JSON file says. */
import { resolve } from 'node:path'
import { type Admin, KafkaError, type Outcome, partitionKey, type RecordsToDelete } from '@ottla/client'
import { FileSystemError } from '@ottla/env'
import { formatInt64 } from '@ottla/stdx'
import { type Io, printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import { ToolError } from '../options/usage-error.ts'
import { connect, readProperties } from '../shared/client-properties.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { javaMapOrder, partitionHash } from '../shared/java-map-order.ts'
import { jsonField, jsonInteger, jsonList, jsonLong, jsonText } from '../shared/json-file.ts'
import { defineTool } from '../tool.ts'

const OPTIONS: OptionTable = [
  {
    name: 'bootstrap-server',
    argument: { label: 'server(s) to use for bootstrapping' },
    description: 'REQUIRED: brokers to ask first.',
  },
  {
    name: 'offset-json-file',
    argument: { label: 'Offset json file path' },
    description:
      'REQUIRED: JSON file of the form {"partitions": [{"topic": "foo", "partition": 1, "offset": 1}], "version": 1}. Records before the offset go; -1 means all.',
  },
  {
    name: 'command-config',
    argument: { label: 'command config property file path' },
    description: 'Properties file for the client.',
  },
]

/** Runs kafka-delete-records. */
export const run = defineTool({
  purpose: 'delete records of the given partitions down to the specified offset.',
  options: OPTIONS,
  async run(options, io) {
    requireOptions(options, ['bootstrap-server', 'offset-json-file'])
    const records = readRecords(options.required('offset-json-file'), io)
    const file = options.value('command-config')
    const properties = file === undefined ? new Map() : readProperties(file, io)
    await using kafka = connect(options.required('bootstrap-server'), properties, io)
    printLine(io.stdout, 'Executing records delete operation')
    const outcomes = await deleteAll(kafka.admin(), records)
    printLine(io.stdout, 'Records delete operation completed:')
    for (const { topic, partition } of javaMapOrder(records, partitionHash)) {
      const key = partitionKey(topic, partition)
      const outcome = outcomes.get(key)
      if (outcome?.kind === 'done') {
        printLine(io.stdout, `partition: ${key}\tlow_watermark: ${formatInt64(outcome.value)}`)
      } else if (outcome !== undefined) {
        printLine(io.stdout, `partition: ${key}\terror: ${errorTextWithClass(outcome.error)}`)
      }
    }
    return 0
  },
})

/** What concerns the whole call is told for each partition. */
async function deleteAll(admin: Admin, records: readonly RecordsToDelete[]): Promise<Map<string, Outcome<number>>> {
  try {
    return await admin.deleteRecords(records)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return new Map(records.map(({ topic, partition }) => [partitionKey(topic, partition), { kind: 'failed', error }]))
  }
}

function readRecords(path: string, io: Io): RecordsToDelete[] {
  let text: string
  try {
    text = io.env.files.readFileSync(resolve(io.workingDirectory, path)).toString('utf8')
  } catch (error) {
    if (error instanceof FileSystemError) throw new ToolError(`Unable to read file ${path}`)
    throw error
  }
  const records = parseRecords(text)
  const keys = records.map(({ topic, partition }) => partitionKey(topic, partition))
  const duplicates = [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))]
  if (duplicates.length > 0) {
    throw new ToolError(`Offset json file contains duplicate topic partitions: ${duplicates.join(',')}`)
  }
  return records
}

function parseRecords(text: string): RecordsToDelete[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new ToolError('The input string is not a valid JSON')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) jsonField(json, 'version')
  const { version, partitions } = json as { version?: unknown; partitions?: unknown }
  if (version !== undefined && version !== 1) throw new ToolError(`Not supported version field value ${version}`)
  if (partitions === undefined) throw new ToolError('Missing partitions field')
  return jsonList(partitions).map((item) => ({
    topic: jsonText(jsonField(item, 'topic')),
    partition: jsonInteger(jsonField(item, 'partition')),
    beforeOffset: jsonLong(jsonField(item, 'offset')),
  }))
}
