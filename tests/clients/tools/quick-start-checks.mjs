/**
 * The quick start, with one set of tools: quick-start-checks.mjs NAME VERSION TOPICS PRODUCER CONSUMER, where the last three are JSON
 * arrays that begin a command line, e.g. ["bin/kafka-topics.sh"] or ["java","-cp","…","org.apache.kafka.tools.TopicCommand"].
 */
import { command, expect, reporter } from './report.mjs'

const [name, version, ...tools] = process.argv.slice(2)
const [topicsTool, producerTool, consumerTool] = tools.map((tool) => JSON.parse(tool))
const bootstrap = process.env.BOOTSTRAP
const topic = `${process.env.PREFIX}-${name.replace(/\W+/g, '-')}-${version}`
const { run } = reporter(name, version)
const tool = ([file, ...first], args, options) => command(file, [...first, ...args], options)
const topics = (...args) => tool(topicsTool, ['--bootstrap-server', bootstrap, ...args])
const lines = Array.from({ length: 100 }, (_, i) => `message ${i}`)
const output = ({ code, stdout, stderr }) => `exit ${code}: ${stdout} ${stderr}`

await run('topics: create', async () => {
  const created = await topics('--create', '--topic', topic, '--partitions', '3', '--replication-factor', '1')
  expect(created.code === 0, output(created))
  if (!version.startsWith('2.')) expect(created.stdout.includes(`Created topic ${topic}.`), output(created))
})
await run('topics: create what exists', async () => {
  const again = await topics('--create', '--topic', topic, '--partitions', '3', '--replication-factor', '1')
  expect(again.code === 1 && /already exists/.test(again.stdout + again.stderr), output(again))
})
await run('topics: list', async () => {
  const listed = await topics('--list')
  expect(listed.stdout.split('\n').includes(topic), output(listed))
})
await run('topics: describe', async () => {
  const described = await topics('--describe', '--topic', topic)
  expect(
    new RegExp(`Topic: ${topic}\\t.*PartitionCount: 3\\t`).test(described.stdout) &&
      described.stdout.split('\n').filter((line) => line.startsWith('\t')).length === 3,
    output(described),
  )
})
await run('topics: alter', async () => {
  const altered = await topics('--alter', '--topic', topic, '--partitions', '6')
  expect(altered.code === 0, output(altered))
  const described = await topics('--describe', '--topic', topic)
  expect(described.stdout.includes('PartitionCount: 6'), output(described))
})
await run('console producer', async () => {
  const produced = await tool(producerTool, ['--topic', topic], { input: `${lines.join('\n')}\n` })
  expect(produced.code === 0, output(produced))
})
await run('console consumer', async () => {
  const consumed = await tool(consumerTool, [
    '--bootstrap-server',
    bootstrap,
    '--topic',
    topic,
    '--from-beginning',
    '--max-messages',
    '100',
    '--timeout-ms',
    '20000',
  ])
  expect(consumed.stdout.trim().split('\n').sort().join() === [...lines].sort().join(), output(consumed).slice(0, 300))
  expect(consumed.stderr.includes('Processed a total of 100 messages'), output(consumed).slice(-200))
})
await run('console consumer in a group', async () => {
  const read = (count) =>
    tool(consumerTool, [
      '--bootstrap-server',
      bootstrap,
      '--topic',
      topic,
      '--group',
      `${topic}-group`,
      '--from-beginning',
      '--max-messages',
      String(count),
      '--timeout-ms',
      '20000',
    ])
  const first = (await read(60)).stdout.trim().split('\n')
  const second = (await read(40)).stdout.trim().split('\n')
  expect(
    new Set([...first, ...second]).size === 100,
    `read ${first.length} and ${second.length}, ${new Set([...first, ...second]).size} different`,
  )
})
await run('topics: delete', async () => {
  const deleted = await topics('--delete', '--topic', topic)
  expect(deleted.code === 0, output(deleted))
  const listed = await topics('--list')
  expect(!listed.stdout.split('\n').includes(topic), output(listed))
})
