/** kafka-preferred-replica-election: the old name of the election of preferred leaders (Kafka 2.4). */
import { partitionKey } from '@ottla/client'
import { printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import { ToolError } from '../options/usage-error.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { connectBy } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'
import { chosenPartitions } from './kafka-leader-election.ts'

/** Runs kafka-preferred-replica-election. */
export const run = defineTool({
  purpose: "give leadership back to the 'preferred replica' of each partition, to balance it among the servers.",
  options: [
    {
      name: 'bootstrap-server',
      argument: { label: 'host:port' },
      description: 'REQUIRED: brokers to ask first.',
    },
    { name: 'admin.config', argument: { label: 'config file' }, description: 'Properties file for the client.' },
    {
      name: 'path-to-json-file',
      argument: { label: 'list of partitions for which preferred replica leader election needs to be triggered' },
      description: 'The partitions: {"partitions": [{"topic": "foo", "partition": 1}]}. Default: all.',
    },
  ],
  async run(options, io) {
    requireOptions(options, ['bootstrap-server'])
    printLine(io.stdout, 'This tool is deprecated. Please use kafka-leader-election tool. Tracking issue: KAFKA-8405')
    const partitions = chosenPartitions(options, io)
    await using kafka = connectBy(options, io)
    const outcomes = await kafka.admin().replicas.electLeaders('preferred', partitions)
    const keys = (partitions ?? []).map(({ topic, partition }) => partitionKey(topic, partition))
    const elected: string[] = []
    const unneeded: string[] = []
    const failed: string[] = []
    for (const key of partitions === null ? outcomes.keys() : keys) {
      const outcome = outcomes.get(key)
      if (outcome === undefined || outcome.kind === 'done') elected.push(key)
      else if (outcome.error.code === 'ELECTION_NOT_NEEDED') unneeded.push(key)
      else {
        failed.push(
          `Error completing preferred leader election for partition: ${key}: ${errorTextWithClass(outcome.error)}`,
        )
      }
    }
    if (elected.length > 0) {
      printLine(io.stdout, `Successfully completed preferred leader election for partitions ${elected.join(', ')}`)
    }
    if (unneeded.length > 0) {
      printLine(io.stdout, `Preferred replica already elected for partitions ${unneeded.join(', ')}`)
    }
    for (const line of failed) printLine(io.stdout, line)
    if (failed.length > 0) throw new ToolError(`${failed.length} preferred replica(s) could not be elected`)
    return 0
  },
})
