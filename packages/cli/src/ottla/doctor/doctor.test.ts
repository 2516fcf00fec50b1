import { deepEqual, equal, match } from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { ottla, ottlaWithBroker, type RunOttla } from '../test-ottla.test.ts'
import type { Finding } from './finding.ts'

async function findings(run: RunOttla, options = ''): Promise<{ code: number; byId: Map<string, Finding> }> {
  const { code, out } = await run(`doctor --wait 1ms --json ${options}`)
  const { findings: found } = JSON.parse(out) as { findings: Finding[] }
  return { code, byId: new Map(found.map((finding) => [finding.id, finding])) }
}

test('a broker that is well gets no error, and its clock is compared when that is allowed', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create orders')
  const { code, byId } = await findings(run, '--write')
  equal(code, 0)
  for (const id of [
    'bootstrap-reachable',
    'advertised-reachable',
    'broker-versions',
    'partitions-healthy',
    'clock-agrees',
  ]) {
    equal(byId.get(id)?.severity, 'ok', id)
  }
  equal((await run('topic list --json')).out.includes('ottla-doctor'), false)
  equal((await findings(run)).byId.get('clock-not-measured')?.severity, 'note')
})

test('a topic that keeps everything for ever, or that nobody can write, is found', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create endless -c retention.ms=-1 -c retention.bytes=-1')
  await run('topic create kept -c retention.ms=-1 -c cleanup.policy=compact')
  const warned = await findings(run)
  equal(warned.code, 0)
  match(warned.byId.get('topics-without-retention')!.what, /^1 topic that keep everything for ever: endless$/)
  await run('topic create strict -c min.insync.replicas=2')
  const wrong = await findings(run)
  equal(wrong.code, 1)
  match(wrong.byId.get('topics-unwritable')!.what, /strict$/)
})

test('a group without members that has lag is noted, and no warning', async (t) => {
  const { run } = await ottlaWithBroker(t)
  await run('topic create orders')
  await run('produce orders -m first')
  await run('consume orders -G billing -e')
  await run('produce orders', { stdin: 'x\n'.repeat(200) })
  const { byId } = await findings(run)
  equal(byId.get('group-abandoned')?.what, 'lag without members: billing/orders')
})

test('nobody at the address, an address for listeners, and a name that is none are errors', async () => {
  const idsFor = async (server: string) => {
    const { code, out } = await ottla(['doctor', '-b', server, '--json'])
    const { findings: found } = JSON.parse(out) as { findings: Finding[] }
    return [code, ...found.filter(({ severity }) => severity === 'error').map(({ id }) => id)]
  }
  deepEqual(await idsFor('127.0.0.1:1'), [1, 'bootstrap-unreachable'])
  deepEqual(await idsFor('0.0.0.0:9092'), [1, 'bootstrap-wildcard'])
  deepEqual(await idsFor('no.such.host.invalid:9092'), [1, 'bootstrap-unresolvable'])
})

test('a port that another program has is told from a broker', async (t) => {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const { code, out } = await ottla(['doctor', '-b', `127.0.0.1:${port}`, '--timeout', '300ms'])
  equal(code, 1)
  match(out, /✗ the port takes connections, but no Kafka answers: /)
  match(out, /→ See what listens there/)
})

test('a broker that advertises what nobody reaches is told from one that is away', async () => {
  for (const [advertised, id] of [
    ['localhost:1', 'advertised-unreachable'],
    ['kafka.invalid:9092', 'advertised-unresolvable'],
  ] as const) {
    await using broker = await createBroker({ settings: { 'advertised.listeners': `PLAINTEXT://${advertised}` } })
    const { code, out } = await ottla(['doctor', '-b', broker.bootstrap, '--json'])
    const { findings: found } = JSON.parse(out) as { findings: Finding[] }
    deepEqual([code, found.filter(({ severity }) => severity === 'error').map((finding) => finding.id)], [1, [id]])
    const failed = await ottla(['cluster', 'info', '-b', broker.bootstrap, '--timeout', '300ms'])
    match(failed.err, /advertises an address that cannot be reached from here: `ottla doctor` says which/)
  }
})
