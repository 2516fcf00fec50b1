/** kcat: librdkafka as Debian ships it. */
import { command, expect, reporter } from './report.mjs'

const bootstrap = process.env.BOOTSTRAP
const prefix = `${process.env.PREFIX}-kcat`
const version = /Version (\S+)/.exec((await command('kcat', ['-V'])).stdout)?.[1] ?? 'unknown'
const { run } = reporter('kcat', version)
const lines = Array.from({ length: 200 }, (_, i) => `key-${i}:value-${i}-${'abcdefghij'.repeat(20)}`)

async function roundTrip(codec) {
  const topic = `${prefix}-${codec}`
  const produced = await command(
    'kcat',
    ['-b', bootstrap, '-P', '-t', topic, '-K:', '-z', codec, '-X', 'topic.metadata.refresh.interval.ms=500'],
    { input: `${lines.join('\n')}\n` },
  )
  expect(produced.code === 0, produced.stderr)
  const consumed = await command('kcat', ['-b', bootstrap, '-C', '-t', topic, '-e', '-K:', '-o', 'beginning', '-q'])
  expect(
    consumed.stdout === `${lines.join('\n')}\n`,
    `records differ: ${consumed.stdout.length} bytes, ${consumed.stderr}`,
  )
}

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  await run(`produce and consume ${codec}`, () => roundTrip(codec))
}
await run('create topics by producing', async () => {
  const listed = JSON.parse((await command('kcat', ['-b', bootstrap, '-L', '-J'])).stdout)
  expect(
    listed.topics.some(({ topic }) => topic === `${prefix}-none`),
    'topic is not listed',
  )
})
await run('group resumes from its commit', async () => {
  const read = (count) =>
    command('kcat', [
      '-b',
      bootstrap,
      '-G',
      `${prefix}-group`,
      '-X',
      'auto.offset.reset=earliest',
      '-f',
      '%o\\n',
      '-q',
      '-c',
      String(count),
      `${prefix}-none`,
    ])
  const first = (await read(50)).stdout.trim().split('\n')
  const second = (await read(50)).stdout.trim().split('\n')
  expect(first.length === 50 && second.length === 50, `read ${first.length} and ${second.length}`)
  expect(Number(second[0]) === Number(first.at(-1)) + 1, `resumed at ${second[0]}`)
})
await run('offsets by end and by time', async () => {
  const found = await command('kcat', ['-b', bootstrap, '-Q', '-t', `${prefix}-none:0:0`])
  expect(/offset 0$/m.test(found.stdout.trim()), found.stdout + found.stderr)
})
