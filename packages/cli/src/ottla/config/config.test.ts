import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { ottlaWithBroker } from '../test-ottla.test.ts'

test('settings are shown, changed, put back and compared', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create a b')
  equal((await run('config get topic/a --json')).out, '[]\n')
  equal((await run('config get topic/a retention.ms')).out, '604800000\n')
  equal((await run('config set topic/a retention.ms=5')).out, 'Changed retention.ms of topic/a: 604800000 → 5\n')
  deepEqual(JSON.parse((await run('config get topic/a --json')).out), [
    { name: 'retention.ms', value: '5', source: 'DYNAMIC_TOPIC_CONFIG', isReadOnly: false, isSensitive: false },
  ])
  equal((await run('config get topic/a')).out, 'KEY           VALUE  FROM\nretention.ms  5      topic\n')
  deepEqual(JSON.parse((await run('config diff topic/a topic/b --json')).out), [
    { name: 'retention.ms', value: '5', other: '604800000' },
  ])
  equal((await run('config diff topic/a topic/b --exit-code')).code, 1)
  equal((await run('config set topic/a retention.ms=7 --dry-run')).out, 'Would change retention.ms of topic/a: 5 → 7\n')
  equal((await run('config unset topic/a retention.ms')).out, 'Changed retention.ms of topic/a: 5 → 604800000\n')
  equal((await run('config diff topic/a topic/b --exit-code')).out, 'They are the same.\n')
})

test('lists grow and shrink, and brokers have settings one by one and together', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create a')
  await run('config set topic/a cleanup.policy=compact --append')
  match((await run('config get topic/a cleanup.policy')).out, /^delete,compact\n$/)
  await run('config set topic/a cleanup.policy=delete --subtract')
  equal((await run('config get topic/a cleanup.policy')).out, 'compact\n')
  await run('config set broker message.max.bytes=2000000')
  match((await run('config get broker')).out, /\nmessage\.max\.bytes {2}2000000 \(1\.91 MiB\) {2}all brokers\n/)
  match((await run('config get broker/1')).out, /\nmessage\.max\.bytes +2000000 \(1\.91 MiB\) +all brokers\n/)
})

test('a mistyped kind, name or key is told with what was meant', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create orders')
  match((await run('config get topc/orders')).err, /has no kind: .* Did you mean topic\?/)
  equal((await run('config get topic/oders')).err, 'error: there is no topic oders\nDid you mean orders?\n')
  equal(
    (await run('config get topic/orders retention.m')).err,
    'error: there is no setting retention.m\nDid you mean retention.ms?\n',
  )
  match((await run('config set topic/orders retentio.ms=1')).err, /\nDid you mean retention\.ms\?\n$/)
})
