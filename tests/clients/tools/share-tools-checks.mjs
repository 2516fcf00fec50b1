/** Kafka's tools for share groups against a started broker: share-tools-checks.mjs CLASS_PATH. */
import { command, expect, reporter } from './report.mjs'
import { Wire } from './wire.mjs'

const [classPath] = process.argv.slice(2)
const bootstrap = process.env.BOOTSTRAP
const name = `${process.env.PREFIX}-share-tools`
const { run } = reporter('share group tools', '4.3.1')
const wire = await Wire.open(bootstrap)

function java(mainClass, args, input) {
  const words = ['-XX:TieredStopAtLevel=1', '-Xmx200m', '-cp', classPath, `org.apache.kafka.tools.${mainClass}`]
  return command('java', [...words, '--bootstrap-server', bootstrap, ...args], { input })
}

async function shareGroups(...args) {
  const { code, stdout, stderr } = await java('consumer.group.ShareGroupCommand', args)
  expect(code === 0, `${args.join(' ')}: ${stderr}${stdout}`)
  return stdout
}

/** Ends when it has so many, however long they take. */
const consume = (count) =>
  java('consumer.ConsoleShareConsumer', ['--topic', name, '--group', name, '--max-messages', count])
const produce = (lines) => java('ConsoleProducer', ['--topic', name], lines)

await wire.ask('CreateTopics', 7, { topics: [{ name, numPartitions: 2, replicationFactor: 1 }], timeoutMs: 10_000 })

await run('reset-offsets makes a group that starts at the beginning', async () => {
  await produce('a\nb\nc\n')
  const output = await shareGroups('--reset-offsets', '--group', name, '--topic', name, '--to-earliest', '--execute')
  expect(/ 0\s+0\n/.test(output) && / 1\s+0\n/.test(output), output)
  const described = await shareGroups('--describe', '--group', name, '--state')
  expect(/Empty\s+0/.test(described), described)
})
await run('kafka-console-share-consumer gets every record', async () => {
  const { stdout } = await consume('3')
  expect(stdout.trim().split('\n').slice(0, 3).sort().join('') === 'abc', stdout)
})
await run('list, and describe members and offsets', async () => {
  const consumer = consume('1')
  for (;;) {
    const members = await shareGroups('--describe', '--group', name, '--members', '--verbose')
    if (/console-share-consumer/.test(members)) {
      expect(new RegExp(`${name}:0,1`).test(members), members)
      break
    }
  }
  expect(/Stable/.test(await shareGroups('--list', '--state')), 'the group is stable')
  await produce('d\n')
  await consumer
  const offsets = await shareGroups('--describe', '--group', name, '--offsets', '--verbose')
  const starts = [...offsets.matchAll(/\s(\d+)\s+0\n/g)].map(([, start]) => Number(start))
  expect(starts.length === 2 && starts[0] + starts[1] === 4, offsets)
})
await run('delete-offsets', async () => {
  expect(/Successful/.test(await shareGroups('--delete-offsets', '--group', name, '--topic', name)), 'deleted')
  expect(!/LAG/.test(await shareGroups('--describe', '--group', name, '--offsets')), 'offsets are left')
})
await run('delete', async () => {
  const output = await shareGroups('--delete', '--group', name)
  expect(/was successful/.test(output), output)
  expect(!(await shareGroups('--list')).includes(name), 'the group is left')
})
wire.close()
