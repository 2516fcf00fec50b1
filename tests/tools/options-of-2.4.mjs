/**
 * node tests/tools/options-of-2.4.mjs: asks the tools of Apache Kafka 2.4.1 for their options, and writes the table that the tests of our tools go
 * by (packages/cli/src/options/kafka-2-4-option-table.test.ts). Needs npm run setup:clients.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheOf } from '../../scripts/lib/clients.mjs'
import { root } from '../../scripts/lib/workspace.mjs'

const MAIN = {
  'kafka-acls': 'kafka.admin.AclCommand',
  'kafka-broker-api-versions': 'kafka.admin.BrokerApiVersionsCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-consumer': 'kafka.tools.ConsoleConsumer',
  'kafka-console-producer': 'kafka.tools.ConsoleProducer',
  'kafka-consumer-groups': 'kafka.admin.ConsumerGroupCommand',
  'kafka-consumer-perf-test': 'kafka.tools.ConsumerPerformance',
  'kafka-delegation-tokens': 'kafka.admin.DelegationTokenCommand',
  'kafka-delete-records': 'kafka.admin.DeleteRecordsCommand',
  'kafka-dump-log': 'kafka.tools.DumpLogSegments',
  'kafka-get-offsets': 'kafka.tools.GetOffsetShell',
  'kafka-jmx': 'kafka.tools.JmxTool',
  'kafka-leader-election': 'kafka.admin.LeaderElectionCommand',
  'kafka-log-dirs': 'kafka.admin.LogDirsCommand',
  'kafka-preferred-replica-election': 'kafka.admin.PreferredReplicaLeaderElectionCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-reassign-partitions': 'kafka.admin.ReassignPartitionsCommand',
  'kafka-replica-verification': 'kafka.tools.ReplicaVerificationTool',
  'kafka-streams-application-reset': 'kafka.tools.StreamsResetter',
  'kafka-topics': 'kafka.admin.TopicCommand',
  'kafka-verifiable-consumer': 'org.apache.kafka.tools.VerifiableConsumer',
  'kafka-verifiable-producer': 'org.apache.kafka.tools.VerifiableProducer',
}

/** Tools that know no --help tell their options when they get none. */
function helpOf(main) {
  const jars = join(cacheOf('java-v24'), 'jars', '*')
  const ask = (args) => {
    const { stdout, stderr } = spawnSync('java', ['-XX:TieredStopAtLevel=1', '-cp', jars, main, ...args], {
      encoding: 'utf8',
    })
    return `${stdout}${stderr}`
  }
  const text = ask(['--help'])
  return /^(?:Option|usage:)/m.test(text) ? text : ask([])
}

/** The names in the left column, or those of a usage. */
function optionsIn(text) {
  const table = /^Option.*Description/m.exec(text)
  const left = table === null ? 0 : table[0].indexOf('Description')
  const lines = text.split('\n').filter((line) => /^(?:\* )?-/.test(line) || (table === null && /^ +-/.test(line)))
  const names = lines.flatMap(
    (line) => (left > 0 ? line.slice(0, left) : line).match(/(?<![\w-])--[a-z][\w.-]*/g) ?? [],
  )
  return [...new Set(names)].sort()
}

const rows = Object.entries(MAIN).map(([tool, main]) => {
  const options = optionsIn(helpOf(main))
  if (options.length === 0) throw new Error(`no options of ${tool}`)
  const list = options.map((name) => `'${name}'`).join(', ')
  return `  '${tool}': [${list}],`
})
const file = join(root, 'packages', 'cli', 'src', 'options', 'kafka-2-4-option-table.test.ts')
writeFileSync(
  file,
  `/** The options of the tools of Apache Kafka 2.4.1. Written by tests/tools/options-of-2.4.mjs. Holds no tests. */
export const KAFKA_2_4_OPTIONS: Readonly<Record<string, readonly string[]>> = {
${rows.join('\n')}
}
`,
)
spawnSync('npx', ['biome', 'format', '--write', file], { cwd: root })
