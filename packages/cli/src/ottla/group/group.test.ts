import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { ottlaWithBroker, type RunOttla } from '../test-ottla.test.ts'

async function groupThatRead(run: RunOttla): Promise<void> {
  await run('topic create orders -p 2')
  await run('produce orders -p 0', { stdin: 'a\nb\nc\n' })
  await run('consume orders -G billing -e')
  await run('produce orders -p 0 -m d')
}

test('groups are listed and described with their lag', async (t) => {
  const { run } = await ottlaWithBroker(t)
  equal((await run('group list --json')).out, '[]\n')
  await groupThatRead(run)
  equal((await run('group list')).out, 'GROUP    TYPE      STATE\nbilling  consumer  Empty\n')
  deepEqual(JSON.parse((await run('group list --long --json')).out), [
    {
      group: 'billing',
      type: 'consumer',
      state: 'Empty',
      protocolType: 'consumer',
      members: 0,
      topics: ['orders'],
      lag: 1,
    },
  ])
  const [described] = JSON.parse((await run('group describe billing --json')).out)
  equal(described.lag, 1)
  deepEqual(described.partitions[0], {
    topic: 'orders',
    partition: 0,
    committedOffset: 3,
    endOffset: 4,
    lag: 1,
    member: null,
  })
  match((await run('group describe billing')).out, /\nLag {10}1\n\nTOPIC {3}PARTITION {2}COMMITTED {2}END {2}LAG/)
  deepEqual(await run('group describe biling'), {
    code: 1,
    out: '',
    err: 'error: there is no group biling\nDid you mean billing?\n',
  })
})

test('lag is told by topic, and again and again when it is watched', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await groupThatRead(run)
  match((await run('group lag')).out, /\nbilling {2}orders {2}Empty +2 +0 +1\n$/)
  const stop = new AbortController()
  const looks: { lags: { perSecond: number | null; lag: number }[] }[] = []
  const onOut = (text: string) => {
    looks.push(
      ...text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    )
    if (looks.length >= 2) stop.abort(new Error('enough'))
  }
  const watched = await run('group lag billing --watch --every 10ms --json', { onOut, signal: stop.signal })
  equal(watched.code, 130)
  deepEqual([looks[0]!.lags[0]!.perSecond, looks[1]!.lags[0]!.perSecond, looks[1]!.lags[0]!.lag], [null, 0, 1])
})

test('a group is moved to the beginning, an offset, a distance and a time, after a look', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await groupThatRead(run)
  const moved = async (options: string) => JSON.parse((await run(`group reset billing ${options} --json`)).out)
  const move = (from: number | null, to: number) => [{ topic: 'orders', partition: 0, from, to }]
  deepEqual(await moved('--to earliest --all-topics --dry-run'), move(3, 0))
  deepEqual(await moved('--to earliest --all-topics --yes'), move(3, 0))
  deepEqual(await moved('--to +2 -t orders:0 --yes'), move(0, 2))
  deepEqual(await moved('--to -1 -t orders:0 --yes'), move(2, 1))
  deepEqual(await moved('--to 100 -t orders:0 --yes'), move(1, 4))
  deepEqual(await moved('--to-time 1h -t orders:0 --yes'), move(4, 0))
  deepEqual(await moved('--to 0 -t orders:0 --yes'), [])
  const script = await run('group reset billing --to latest -t orders')
  equal(script.code, 1)
  match(script.err, /Give --yes to go ahead/)
  equal((await run('group reset billing --to latest')).code, 2)
  equal((await run('group reset billing -t orders')).code, 2)
  match((await run('group reset billing --to soon -t orders')).err, /--to is earliest, latest, OFFSET/)
})

test('a group forgets a topic, and goes', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await groupThatRead(run)
  await run('topic create more')
  await run('produce more -m a')
  await run('consume more -G billing -e')
  equal((await run('group delete billing -t orders -y')).out, 'Group billing has forgotten orders\n')
  deepEqual(JSON.parse((await run('group list -l --json')).out)[0].topics, ['more'])
  equal((await run('group delete billing -y')).out, 'Deleted group billing\n')
  equal((await run('group list --json')).out, '[]\n')
})

test('a group is made that stands where another does', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await groupThatRead(run)
  match((await run('group clone billing next')).out, /^Group next stands where billing does, on \d partitions?\n$/)
  equal((await run('consume orders -G next -e')).out, 'd\n')
  equal((await run('group clone billing next')).code, 1)
  equal((await run('group clone billing next --yes')).code, 0)
})
