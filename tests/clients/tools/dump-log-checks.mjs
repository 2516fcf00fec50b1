/** Kafka's DumpLogSegments reads what the broker wrote: dump-log-checks.mjs CLASS_PATH; needs DATA_FOLDER. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { command, expect, reporter } from './report.mjs'

const [classPath] = process.argv.slice(2)
const data = process.env.DATA_FOLDER
const { run } = reporter('DumpLogSegments', '4.3.1')
const complaints = /isvalid: false|Mismatches|Non-consecutive|Could not find|Exception|not found|Corrupt|invalid/i

async function dump(files, ...options) {
  const args = [
    '-XX:TieredStopAtLevel=1',
    '-cp',
    classPath,
    'org.apache.kafka.tools.DumpLogSegments',
    '--files',
    files.join(','),
    ...options,
  ]
  const result = await command('java', args, { timeoutMs: 120_000 })
  expect(result.code === 0, result.stderr.slice(0, 400))
  const complaint = result.stdout.split('\n').find((line) => complaints.test(line))
  expect(complaint === undefined, `complaint: ${complaint}`)
  return result.stdout
}

function filesOf(folder, ending) {
  return readdirSync(join(data, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(data, folder, name))
}

const folders = existsSync(data) ? readdirSync(data).filter((name) => /^[^.].*-\d+$/.test(name)) : []
const plain = folders.filter((name) => !name.startsWith('__'))

await run('segments of every topic', async () => {
  expect(plain.length > 0, 'no partition folder')
  const output = await dump(
    plain.flatMap((folder) => filesOf(folder, '.log')),
    '--deep-iteration',
  )
  expect(/count: \d+/.test(output), 'no batch was shown')
})
await run('offset and time indexes', () =>
  dump(
    plain.flatMap((folder) => [...filesOf(folder, '.index'), ...filesOf(folder, '.timeindex')]),
    '--index-sanity-check',
  ),
)
await run('committed offsets', async () => {
  const output = await dump(
    folders.filter((name) => name.startsWith('__consumer_offsets')).flatMap((folder) => filesOf(folder, '.log')),
    '--offsets-decoder',
    '--deep-iteration',
  )
  expect(/payload:/.test(output), 'no committed offset was shown')
})
await run('metadata log', async () => {
  const output = await dump(
    filesOf('__cluster_metadata-0', '.log'),
    '--cluster-metadata-decoder',
    '--skip-record-metadata',
  )
  expect(/TOPIC_RECORD/.test(output), 'no topic record was shown')
})
