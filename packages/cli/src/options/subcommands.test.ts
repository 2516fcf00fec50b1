import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { runTool, testBroker } from '../test-io.test.ts'

test('a tool with words says which there are, and what each takes', async () => {
  const help = await runTool('kafka-features', ['--help'])
  equal(help.code, 0)
  match(help.out, /^usage: kafka-features \[-h\] [^{]*\{describe,upgrade,downgrade,disable,/)
  match((await runTool('kafka-features', ['upgrade', '--help'])).out, /--dry-run/)
  const bare = await runTool('kafka-features', [])
  equal(bare.code, 1)
  match(bare.err, /^Command line error: too few arguments\. /)
})

test('options stand before or after the word, and a wrong one is named', async (t) => {
  const { servers } = await testBroker(t)
  const before = await runTool('kafka-cluster', [...servers, 'cluster-id'])
  match(before.out, /^Cluster ID: [\w-]{22}\n$/)
  deepEqual(await runTool('kafka-cluster', ['cluster-id', ...servers]), before)
  match((await runTool('kafka-cluster', ['cluster-id', '--bogus'])).err, /error: unrecognized arguments: '--bogus'\n$/)
})

test('features are described, lowered in a rehearsal, and refused with a count', async (t) => {
  const { servers } = await testBroker(t)
  const features = (...argv: string[]) => runTool('kafka-features', [...servers, ...argv])
  const { out } = await features('describe')
  match(out, /^Feature: eligible\.leader\.replicas\.version {10}SupportedMinVersion: 0 {16}/)
  match(
    out,
    /\nFeature: share\.version {29}SupportedMinVersion: 0 {16}SupportedMaxVersion: 2 {16}FinalizedVersionLevel: 2 /,
  )
  deepEqual(await features('downgrade', '--feature', 'share.version=1', '--dry-run'), {
    code: 0,
    out: 'share.version can be downgraded to 1.\n',
    err: '',
  })
  const refused = await features('upgrade', '--feature', 'share.version=7')
  equal(refused.code, 1)
  match(refused.out, /^Could not upgrade share\.version to 7\. The update failed for all features/)
  equal(refused.err, '1 out of 1 operation(s) failed.\n')
})

test('the quorum is described as a whole and by member', async (t) => {
  const { servers } = await testBroker(t)
  const quorum = (...argv: string[]) => runTool('kafka-metadata-quorum', [...servers, 'describe', ...argv])
  match((await quorum('--status')).out, /^ClusterId: {14}[\w-]{22}\nLeaderId: {15}1\n/)
  match((await quorum('--replication')).out, /^NodeId\tDirectoryId .*\n1 {5}\t.*\tLeader\t\n$/)
  equal((await quorum()).code, 1)
})

test('transactions are listed, and an id that nobody has is named', async (t) => {
  const { servers } = await testBroker(t)
  const transactions = (...argv: string[]) => runTool('kafka-transactions', [...servers, ...argv])
  equal((await transactions('list')).out, 'TransactionalId\tCoordinator\tProducerId\tTransactionState\t\n')
  const unknown = await transactions('describe', '--transactional-id', 'none')
  equal(unknown.code, 1)
  match(unknown.err, /^Failed to describe transaction state of transactional-id `none`: /)
})
