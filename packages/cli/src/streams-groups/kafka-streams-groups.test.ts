import { deepEqual, equal, match } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Kafka, unwrap } from '@ottla/client'
import {
  codecOf,
  type Init,
  Reader,
  StreamsGroupHeartbeatRequest,
  StreamsGroupHeartbeatResponse,
  type Value,
  Writer,
} from '@ottla/protocol'
import { runTool, testBroker, testEnv } from '../test-io.test.ts'

const HEARTBEAT = 88
const VERSION = 1
const TASKS = { activeTasks: [], standbyTasks: [], warmupTasks: [] }
const TOPOLOGY = {
  epoch: 0,
  subtopologies: [
    {
      subtopologyId: '0',
      sourceTopics: ['t'],
      stateChangelogTopics: [{ name: 'g-counts-changelog', topicConfigs: [] }],
    },
  ],
}

/** Sends heartbeats of member m of group g; no more of a client is needed here. */
async function member(port: number) {
  const stream = await testEnv.network.connect({ host: '127.0.0.1', port })
  let received = Buffer.alloc(0)
  let changed = (): void => {}
  stream.onData = (chunk) => {
    received = Buffer.concat([received, chunk])
    changed()
  }
  const beat = async (
    request: Init<typeof StreamsGroupHeartbeatRequest>,
  ): Promise<Value<typeof StreamsGroupHeartbeatResponse>> => {
    const body = new Writer()
    const common = { groupId: 'g', memberId: 'm', endpointInformationEpoch: -1 }
    codecOf(StreamsGroupHeartbeatRequest, VERSION).encode(body, { ...common, ...request })
    const header = Buffer.from([0, 0, 0, 0, 0, HEARTBEAT, 0, VERSION, 0, 0, 0, 1, 0xff, 0xff, 0])
    const bytes = body.toBuffer()
    header.writeInt32BE(header.length - 4 + bytes.length)
    stream.write([header, bytes])
    while (received.length < 4 || received.length < 4 + received.readInt32BE()) {
      await new Promise<void>((resolve) => {
        changed = resolve
      })
    }
    // Behind the size stand the correlation id and an empty list of tags.
    const response = codecOf(StreamsGroupHeartbeatResponse, VERSION).decode(new Reader(received, 9))
    received = Buffer.alloc(0)
    return response
  }
  return { beat, close: () => stream.end() }
}

/** A broker with topic t of two partitions, and an application g that has both, and leaves when it is told to. */
async function application(t: TestContext) {
  const { running, servers } = await testBroker(t)
  const kafka = new Kafka({ bootstrapServers: servers[1]!, env: testEnv })
  t.after(() => kafka.close())
  const admin = kafka.admin()
  unwrap((await admin.createTopics([{ name: 't', partitionCount: 2 }])).get('t'))
  // Makes the topic of the coordinator, so that there is one to join.
  for (const outcome of (await admin.alterGroupOffsets('other', [{ topic: 't', partition: 0, offset: 0 }])).values()) {
    unwrap(outcome)
  }
  const { beat, close } = await member(running.listeners[0]!.port)
  t.after(close)
  const join = { memberEpoch: 0, processId: 'p', rebalanceTimeoutMs: 60_000, clientTags: [], topology: TOPOLOGY }
  let { memberEpoch, activeTasks, errorMessage } = await beat({ ...join, ...TASKS })
  equal(errorMessage, null)
  while (activeTasks === null || activeTasks.length === 0) ({ memberEpoch, activeTasks } = await beat({ memberEpoch }))
  await beat({
    memberEpoch,
    ...TASKS,
    activeTasks: activeTasks.map(({ subtopologyId, partitions }) => ({ subtopologyId, partitions })),
  })
  const tool = (...argv: string[]) => runTool('kafka-streams-groups', [...servers, ...argv])
  return { admin, tool, leave: () => beat({ memberEpoch: -1 }) }
}

test('an application is listed, and described by offsets, members and state', async (t) => {
  const { tool, leave } = await application(t)
  equal((await tool('--list', '--state')).out, 'GROUP           STATE\ng               Stable\n')
  equal(
    (await tool('--describe', '--group', 'g')).out,
    [
      'GROUP           TOPIC           PARTITION  OFFSET-LAG',
      'g               t               1          0',
      'g               t               0          0\n',
    ].join('\n'),
  )
  const members = await tool('--describe', '--group', 'g', '--members')
  match(members.out, /^GROUP {11}MEMBER {10}PROCESS {9}CLIENT-ID {7}ASSIGNMENTS\n/)
  match(members.out, /\ng {15}m {15}p {31}ACTIVE: 0:\[0,1\]; \n$/)
  match((await tool('--delete', '--group', 'g')).out, /GroupNotEmptyException: Streams group 'g' is not EMPTY\.\n$/)
  await leave()
  const state = await tool('--describe', '--group', 'g', '--state')
  match(state.out, /^\nError: Streams group 'g' has no active members\.\nGROUP .*\ng .* \(1\) +Empty {21}0\n$/)
  const unknown = await tool('--describe', '--group', 'nobody')
  equal(unknown.code, 1)
  match(unknown.out, /GroupIdNotFoundException: Group nobody not found\.\n$/)
})

test('offsets are reset and deleted, and the group with its internal topics', async (t) => {
  const { admin, tool, leave } = await application(t)
  await leave()
  await admin.alterGroupOffsets('g', [{ topic: 't', partition: 1, offset: 7 }])
  const plan = [
    '',
    `${'GROUP'.padEnd(30)} ${'TOPIC'.padEnd(30)} PARTITION  NEW-OFFSET     `,
    `${'g'.padEnd(30)} ${'t'.padEnd(30)} 1          0              `,
    '',
  ].join('\n')
  const reset = ['--reset-offsets', '--group', 'g', '--all-input-topics', '--to-latest']
  deepEqual(await tool(...reset, '--execute'), { code: 0, out: plan, err: '' })
  equal((await admin.listGroupOffsets('g'))[0]?.offset, 0)
  equal((await tool(...reset, '--dry-run', '--export')).out, 't,1,0\n\n')
  const deleted = await tool('--delete-offsets', '--group', 'g', '--input-topic', 't:1')
  match(
    deleted.out,
    /^Request succeeded for deleting offsets from group g\.\n\nTOPIC .*\nt {15}1 {10}Successful {5}\n$/,
  )
  deepEqual(await admin.listGroupOffsets('g'), [])
  equal(
    (await tool('--delete', '--group', 'g', '--delete-all-internal-topics')).out,
    "Deletion of requested streams groups ('g') was successful.\nDeletion of associated internal topics of the streams groups ('g') was successful.\n",
  )
  deepEqual(
    (await admin.listTopics()).filter(({ name }) => name.startsWith('g-')),
    [],
  )
})

test('what does not go together is refused in the words of Kafka', async () => {
  const first = async (...argv: string[]) => {
    const { code, err } = await runTool('kafka-streams-groups', ['--bootstrap-server', 'nobody:1', ...argv])
    equal(code, 1)
    return err.split('\n')[0]
  }
  equal(await first('--delete'), 'Option [delete] takes one of these options: [all-groups], [group]')
  equal(
    await first('--delete-offsets', '--group', 'a', '--group', 'b', '--input-topic', 't'),
    'Option [delete-offsets] supports only one [group] at a time, but found: [a, b]',
  )
  equal(
    await first('--reset-offsets', '--group', 'a'),
    'Option [reset-offsets] takes the option: [execute] or [dry-run]',
  )
})
