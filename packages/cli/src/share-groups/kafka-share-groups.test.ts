import { deepEqual, equal, match } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Kafka } from '@ottla/client'
import { runTool, testBroker, testEnv } from '../test-io.test.ts'

/** A broker with topic t, three records in its one partition, and a share group that has done them and is empty. */
async function emptyGroup(t: TestContext) {
  const { servers } = await testBroker(t)
  const tool = (...argv: string[]) => runTool('kafka-share-groups', [...servers, ...argv])
  const kafka = new Kafka({ bootstrapServers: servers[1]!, env: testEnv })
  t.after(() => kafka.close())
  await runTool('kafka-topics', [...servers, '--create', '--topic', 't', '--partitions', '1'])
  await runTool('kafka-console-producer', [...servers, '--topic', 't'], { stdin: 'a\nb\nc\n' })
  await tool('--reset-offsets', '--group', 'g', '--topic', 't', '--to-earliest', '--execute')
  const consumer = kafka.shareConsumer({ groupId: 'g' })
  consumer.subscribe(['t'])
  let count = 0
  for await (const task of consumer) {
    await task.ack()
    count += 1
    if (count === 3) break
  }
  const withMember = async (look: () => Promise<void>): Promise<void> => {
    await look()
    await consumer.close()
  }
  return { tool, withMember }
}

const OFFSETS = '\nGROUP           TOPIC           PARTITION  START-OFFSET  LAG\n'

test('a share group is listed and described while it has a member, and after', async (t) => {
  const { tool, withMember } = await emptyGroup(t)
  await withMember(async () => {
    equal((await tool('--list', '--state')).out, 'GROUP           STATE\ng               Stable\n')
    const members = await tool('--describe', '--group', 'g', '--members', '--verbose')
    match(members.out, /^\nGROUP {11}CONSUMER-ID {12}HOST {12}CLIENT-ID {7}#PARTITIONS {2}MEMBER-EPOCH {2}ASSIGNMENT\n/)
    match(members.out, /\ng {15}[\w-]{22} \/127\.0\.0\.1 .* 1 {12}\d+ +t:0\n$/)
    const refused = await tool('--delete', '--group', 'g')
    match(
      refused.out,
      /\* Group 'g' could not be deleted due to: .*GroupNotEmptyException: Share group 'g' is not EMPTY\.\n$/,
    )
    const reset = await tool('--reset-offsets', '--group', 'g', '--topic', 't', '--to-latest', '--dry-run')
    deepEqual(reset, { code: 1, out: '', err: "Share group 'g' is not empty.\n" })
  })
  equal((await tool('--list', '--state', 'empty')).out, 'GROUP           STATE\ng               Empty\n')
  const state = await tool('--describe', '--group', 'g', '--state')
  match(state.out, /^\nGROUP {11}COORDINATOR \(ID\) {10}STATE {11}#MEMBERS\ng .* \(1\) +Empty {11}0\n$/)
  equal(state.err, "\nShare group 'g' has no active members.\n")
  equal(
    (await tool('--describe', '--group', 'g')).out,
    `${OFFSETS}g               t               0          3             0\n`,
  )
})

test('offsets of a group without members are reset and deleted, and then the group', async (t) => {
  const { tool, withMember } = await emptyGroup(t)
  await withMember(async () => {})
  const plan = '\nGROUP           TOPIC           PARTITION  NEW-OFFSET\ng               t               0          0\n'
  const reset = ['--reset-offsets', '--group', 'g', '--topic', 't:0', '--to-earliest']
  equal((await tool(...reset, '--dry-run')).out, plan)
  equal((await tool(...reset, '--execute')).out, plan)
  equal(
    (await tool('--describe', '--group', 'g')).out,
    `${OFFSETS}g               t               0          0             3\n`,
  )
  const unknown = await tool('--reset-offsets', '--group', 'g', '--topic', 't:9', '--to-latest', '--dry-run')
  match(unknown.out, /^\nError: Executing share group command failed due to The partitions "t-9" do not exist\n$/)
  const deleted = await tool('--delete-offsets', '--group', 'g', '--topic', 't')
  equal(deleted.out, '\nTOPIC           STATUS\nt               Successful\n')
  equal((await tool('--describe', '--group', 'g')).out, "\nShare group 'g' has no offset information.\n")
  equal((await tool('--delete', '--group', 'g')).out, "Deletion of requested share groups ('g') was successful.\n")
  deepEqual(await tool('--list'), { code: 0, out: '', err: '' })
})

test('what does not go together is refused in the words of Kafka', async () => {
  const first = async (...argv: string[]) => {
    const { code, err } = await runTool('kafka-share-groups', ['--bootstrap-server', 'nobody:1', ...argv])
    equal(code, 1)
    return err.split('\n')[0]
  }
  equal(await first('--describe'), 'Option [describe] takes one of these options: [all-groups], [group]')
  equal(await first('--delete'), 'Option [delete] takes the options [group] or [all-groups]')
  equal(await first('--delete-offsets'), 'Option [delete-offsets] takes the following options: [group], [topic]')
  equal(await first('--reset-offsets'), 'Option [reset-offsets] takes the option: [execute] or [dry-run]')
  equal(await first('--list', '--state', 'x'), "Invalid state list 'x'. Valid states are: Empty, Stable, Dead")
})
