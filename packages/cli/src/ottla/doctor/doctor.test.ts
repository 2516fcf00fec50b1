import { deepEqual, equal, match } from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { Kafka } from '@ottla/client'
import { createBroker } from '@ottla/testkit'
import { ottla, ottlaWithBroker, type RunOttla } from '../test-ottla.test.ts'
import { checkCluster } from './brokers.ts'
import type { Finding } from './finding.ts'
import { checkPartitions } from './partitions.ts'
import type { Patient } from './patient.ts'

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
    const failed = await ottla(['cluster', 'info', '-b', broker.bootstrap, '--timeout', '2s'])
    match(failed.err, /advertises an address that cannot be reached from here: `ottla doctor` says which/)
  }
})

test('a group whose member commits nothing though there is work is stuck, one that is worked off is not', async (t) => {
  const { run, bootstrap } = await ottlaWithBroker(t)
  await run('topic create orders -p 1')
  await run('produce orders', { stdin: 'x\n'.repeat(300) })
  await using kafka = new Kafka({ bootstrapServers: bootstrap })
  const consumer = kafka.consumer({ groupId: 'billing', autoCommit: false, autoOffsetReset: 'earliest' })
  consumer.subscribe(['orders'])
  while ((await consumer.poll({ timeoutMs: 1000, maxRecords: 1 })).length === 0);
  await consumer.commit([{ topic: 'orders', partition: 0, offset: 1 }])
  const stuck = await findings(run)
  match(
    stuck.byId.get('group-stuck')!.what,
    /^group billing on orders has 299 records to do and 1 members?, and committed nothing/,
  )
  await consumer.commit([{ topic: 'orders', partition: 0, offset: 300 }])
  equal((await findings(run)).byId.get('groups-healthy')?.severity, 'ok')
})

test('brokers that are fenced or share an address, and partitions without leader or replicas, are found', () => {
  const node = (id: number, port: number) => ({ id, host: 'kafka', port, rack: null })
  const partition = (number: number, parts: object) => ({
    partition: number,
    leader: node(1, 9092),
    leaderEpoch: 0,
    replicas: [1, 2],
    isr: [1, 2],
    eligibleLeaderReplicas: null,
    lastKnownEligible: null,
    ...parts,
  })
  const patient = {
    cluster: {
      clusterId: 'c',
      controllerId: -1,
      brokers: [
        { ...node(1, 9092), isFenced: false },
        { ...node(2, 9092), isFenced: true },
      ],
    },
    topics: [
      {
        name: 'orders',
        id: 'x',
        isInternal: false,
        partitions: [partition(0, { leader: null }), partition(1, { isr: [1] }), partition(2, {})],
      },
      { name: 'alone', id: 'y', isInternal: false, partitions: [partition(0, { replicas: [1], isr: [1] })] },
    ],
  } as unknown as Patient
  const ids = (found: readonly Finding[]) => found.map(({ severity, id }) => `${severity} ${id}`)
  deepEqual(ids(checkCluster(patient)), ['error broker-fenced', 'error no-controller', 'error advertised-twice'])
  const partitions = checkPartitions(patient)
  deepEqual(ids(partitions), [
    'error partitions-offline',
    'warning partitions-under-replicated',
    'warning topics-unreplicated',
  ])
  match(partitions[0]!.what, /^1 partition without a leader: orders-0$/)
  match(partitions[1]!.what, /orders-1$/)
})
