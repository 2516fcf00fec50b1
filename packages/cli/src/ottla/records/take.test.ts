import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { ottlaWithBroker, type RunOttla } from '../test-ottla.test.ts'

async function queueOf(run: RunOttla, values: readonly string[]): Promise<void> {
  await run('topic create jobs -p 1')
  await run('config set group/workers share.auto.offset.reset=earliest')
  await run('produce jobs', { stdin: values.map((value) => `${value}\n`).join('') })
}

test('records are taken, printed and done; what was done is not taken again', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await queueOf(run, ['a', 'b', 'c'])
  deepEqual(await run('take jobs -G workers -c 2'), { code: 0, out: 'a\nb\n', err: '' })
  equal((await run('take jobs -G workers -c 1 --then release')).out, 'c\n')
  equal((await run('take jobs -G workers -c 1 --json')).out.includes('"value":"c"'), true)
  equal((await run('take jobs -G workers --idle 700ms')).out, '')
  const [described] = JSON.parse((await run('group describe workers --json')).out)
  deepEqual([described.type, described.partitions[0].committedOffset], ['share', 3])
})

test('a command does the work: what it fails at goes back, and somebody gets it again', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await queueOf(run, ['good', 'bad'])
  const script =
    'read -r line; echo "$OTTLA_TOPIC $OTTLA_OFFSET $OTTLA_DELIVERY $line"; [ "$line" = good ] || [ "$OTTLA_DELIVERY" -gt 1 ]'
  const { code, out, err } = await run(`take jobs -G workers -c 3 --run '${script}'`)
  equal(code, 0)
  equal(out, 'jobs 0 1 good\njobs 1 1 bad\njobs 1 2 bad\n')
  match(err, /^warning: jobs-0:1 goes back: the command ended with 1 \(delivery 1\)\n$/)
})

test('a share group is moved like any other', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await queueOf(run, ['a', 'b'])
  await run('take jobs -G workers -c 2')
  deepEqual(JSON.parse((await run('group reset workers --to earliest -t jobs --yes --json')).out), [
    { topic: 'jobs', partition: 0, from: 2, to: 0 },
  ])
  equal((await run('take jobs -G workers -c 1')).out, 'a\n')
})

test('take says what is missing', async () => {
  const { ottla } = await import('../test-ottla.test.ts')
  match((await ottla(['take', 'jobs'])).err, /^error: which group\? Give --group NAME\n/)
  match((await ottla(['take', 'jobs', '-G', 'g', '-n', '2'])).err, /--workers is for --run/)
})
