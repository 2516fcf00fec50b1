import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { ottlaWithBroker } from '../test-ottla.test.ts'

test('topics are created, listed, described, altered and deleted', async (t) => {
  const { run } = await ottlaWithBroker(t)
  deepEqual(await run('topic create orders -p 3 -c retention.ms=1000000'), {
    code: 0,
    out: 'Created topic orders with 3 partitions\n',
    err: '',
  })
  const again = await run('topic create orders')
  equal(again.code, 1)
  match(again.err, /^error: topic orders exists already\n--if-not-exists /)
  equal((await run('topic create orders --if-not-exists')).out, 'Topic orders exists already\n')
  equal((await run('topic create users --dry-run -p 1')).out, 'Would create topic users with 1 partition\n')
  equal((await run('topic list')).out, 'TOPIC   PARTITIONS  REPLICAS  HEALTH\norders           3         1  ok\n')
  equal((await run("topic list 'o*' --json")).out.includes('"name": "orders"'), true)
  equal((await run("topic list 'x*' --json")).out, '[]\n')
  equal(
    (await run('topic alter orders -p 6 -s retention.ms=5000')).out,
    'Changed orders from 3 to 6 partitions\nChanged orders: retention.ms = 5000\n',
  )
  const [described] = JSON.parse((await run('topic describe orders --json')).out)
  equal(described.partitions.length, 6)
  deepEqual(described.configs, { 'cleanup.policy': 'delete', 'min.insync.replicas': '1', 'retention.ms': '5000' })
  deepEqual(described.partitions[5], {
    partition: 5,
    leader: 1,
    leaderEpoch: 0,
    replicas: [1],
    isr: [1],
    startOffset: 0,
    endOffset: 0,
    sizeBytes: 0,
  })
  match(
    (await run('topic describe orders')).out,
    /\nretention\.ms +5000 \(5 s\)\n[\s\S]*\nPARTITION {2}LEADER {2}REPLICAS/,
  )
  deepEqual(await run('topic delete orders --yes'), { code: 0, out: 'Deleted topic orders\n', err: '' })
  equal((await run('topic delete orders --if-exists -y --json')).out, '[]\n')
})

test('a topic that is not there is told with those that look like it', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create orders payments')
  deepEqual(await run('topic describe oders'), {
    code: 1,
    out: '',
    err: 'error: there is no topic oders\nDid you mean orders?\n',
  })
  match((await run('topic delete zzz -y')).err, /^error: there is no topic zzz\n`ottla topic list` shows/)
})

test('what destroys asks a person, and wants --yes of a script', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create orders')
  const script = await run('topic delete orders')
  equal(script.code, 1)
  match(
    script.err,
    /^error: nobody is there to ask, so nothing was done: Delete topic orders with all records\?\nGive --yes to go ahead\.\n$/,
  )
  const no = await run('topic delete orders', { answer: 'n\n', columns: 80 })
  equal(no.code, 1)
  match(no.err, /Delete topic orders with all records\? .*Nothing was done|nothing was done/s)
  equal((await run('topic list --json')).out.includes('orders'), true)
  equal((await run('topic delete orders', { answer: 'y\n', columns: 80 })).code, 0)
  equal((await run('topic list --json')).out, '[]\n')
})

test('on a terminal a table fits the width, and names are cut; elsewhere they are whole', async (t) => {
  const { run } = await ottlaWithBroker(t)
  const long = 'a'.repeat(120)
  await run(`topic create ${long}`)
  const shown = await run('topic list', { columns: 60, variables: { NO_COLOR: '1' } })
  for (const line of shown.out.split('\n')) equal(line.length <= 60, true, line)
  match(shown.out, /aaa…/)
  match((await run('topic list')).out, new RegExp(long))
})

test('a topic is made like another', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create orders -p 3 -c retention.ms=5000')
  equal((await run('topic clone orders copy')).out, 'Created topic copy with 3 partitions and 1 setting like orders\n')
  equal((await run('config diff topic/orders topic/copy')).out, 'They are the same.\n')
  equal((await run('topic clone orders copy')).err, 'error: topic copy exists already\n')
})
