/** kafka-topics --create. */

import { isBrokerError, unwrap } from '@ottla/client'
import { ErrorCode } from '@ottla/protocol'
import { printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError } from '../options/usage-error.ts'
import type { TopicCommand } from './kafka-topics.ts'
import { parseReplicaAssignment } from './replica-assignment.ts'

const REPLICATION_FACTOR_MAX = 32_767

export async function createTopic({ admin, options, io }: TopicCommand): Promise<void> {
  const name = options.required('topic')
  const partitionCount = options.integer('partitions')
  const replicationFactor = options.integer('replication-factor')
  const assignment = options.value('replica-assignment')
  const assignments = assignment === undefined ? undefined : parseReplicaAssignment(assignment)
  const configs = parseConfigs(options)
  if (/[._]/.test(name)) {
    printLine(
      io.stdout,
      "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.",
    )
  }
  if (replicationFactor !== undefined && (replicationFactor < 1 || replicationFactor > REPLICATION_FACTOR_MAX)) {
    throw new ToolError(`The replication factor must be between 1 and ${REPLICATION_FACTOR_MAX} inclusive`)
  }
  if (partitionCount !== undefined && partitionCount < 1) {
    throw new ToolError('The partitions must be greater than 0')
  }
  if (name === '') throw new ToolError("The given topic name '' cannot be represented in a request.")
  const created = await admin.createTopics([{ name, partitionCount, replicationFactor, assignments, configs }])
  const outcome = created.get(name)
  if (outcome?.kind === 'failed' && isBrokerError(outcome.error, ErrorCode.TOPIC_ALREADY_EXISTS)) {
    if (options.has('if-not-exists')) return
  }
  unwrap(outcome)
  printLine(io.stdout, `Created topic ${name}.`)
}

function parseConfigs(options: ParsedOptions): Record<string, string> {
  const configs: Record<string, string> = {}
  for (const pair of options.values('config')) {
    const equals = pair.indexOf('=')
    if (equals === -1) {
      throw new ToolError(
        'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".',
      )
    }
    configs[pair.slice(0, equals).trim()] = pair.slice(equals + 1).trim()
  }
  return configs
}
