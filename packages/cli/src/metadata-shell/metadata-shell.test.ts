import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { BatchBuilder, CompressionType, encodeMetadataRecord } from '@ottla/protocol'
import { runTool, testBroker } from '../test-io.test.ts'
import { wordsOf } from './shell-commands.ts'

const uuid = (byte: number) => Buffer.alloc(16, byte).toString('base64url')
type Init = Parameters<typeof encodeMetadataRecord>[0]

const RECORDS: readonly Init[] = [
  { kind: 'FeatureLevelRecord', version: 0, value: { name: 'metadata.version', featureLevel: 25 } },
  { kind: 'TopicRecord', version: 0, value: { name: 'foo', topicId: uuid(4) } },
  {
    kind: 'PartitionRecord',
    version: 1,
    value: {
      ...{ partitionId: 0, topicId: uuid(4), replicas: [2, 1], isr: [2], leader: 2, leaderEpoch: 3, partitionEpoch: 4 },
      directories: [uuid(5), uuid(6)],
    },
  },
  {
    kind: 'AccessControlEntryRecord',
    version: 0,
    value: {
      ...{ id: uuid(3), resourceType: 2, resourceName: 't', patternType: 4, principal: 'User:a', host: '*' },
      ...{ operation: 3, permissionType: 3 },
    },
  },
  { kind: 'ConfigRecord', version: 0, value: { resourceType: 4, resourceName: '', name: 'k', value: 'v' } },
  {
    kind: 'ClientQuotaRecord',
    version: 0,
    value: { entity: [{ entityType: 'user', entityName: 'a(b)' }], key: 'request_percentage', value: 12.5 },
  },
  { kind: 'ProducerIdsRecord', version: 0, value: { brokerId: 2, brokerEpoch: 7, nextProducerId: 5000 } },
]

/** A snapshot in a folder of its own. */
function snapshot(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-cli-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const builder = new BatchBuilder({ baseOffset: 0, compression: CompressionType.none, partitionLeaderEpoch: 5 })
  for (const record of RECORDS) {
    builder.append({ timestamp: 1_795_285_200_000, key: null, value: encodeMetadataRecord(record), headers: [] })
  }
  const path = join(folder, '00000000000000000007-0000000005.checkpoint')
  writeFileSync(path, builder.build())
  return path
}

test('a command shows part of the tree, and what is wrong with it stands in the output', async (t) => {
  const path = snapshot(t)
  const shell = async (...argv: string[]) => {
    const { code, out, err } = await runTool('kafka-metadata-shell', ['--snapshot', path, ...argv])
    deepEqual([code, err], [0, ''])
    return out
  }
  equal(await shell('ls', '/'), 'image\nlocal\n')
  equal(
    await shell('ls', 'image/topics/byName/*', 'nope', 'local/version'),
    'ls: nope: no such file or directory.\nversion\n\nfoo:\n0\nid\nname\n',
  )
  equal(
    await shell('cat', '/image/provenance', '/image'),
    'offset 6, epoch 5, time 2026-11-21T18:20:00Z[UTC]\ncat: /image: Is a directory\n',
  )
  equal(await shell('find', 'image/producerIds'), 'image/producerIds\nimage/producerIds/nextProducerId\n')
  equal(await shell('tree', '/image/{configs,producerIds}'), 'BROKER:\n  k:\n    v\nnextProducerId:\n  5000\n')
  equal(
    await shell('cat', `/image/acls/byId/${uuid(3)}`),
    'StandardAcl[resourceType=TOPIC, resourceName=t, patternType=PREFIXED, principal=User:a, host=*, operation=READ, permissionType=ALLOW]\n',
  )
  equal(await shell('tree', '/image/clientQuotas'), 'user(a\\(b\\)):\n  request_percentage:\n    12.5\n')
  equal(
    await shell('cat', '/image/topics/byName/foo/0'),
    `PartitionRegistration(replicas=[2, 1], directories=[${uuid(5)}, ${uuid(6)}], isr=[2], removingReplicas=[], addingReplicas=[], elr=[], lastKnownElr=[], leader=2, leaderRecoveryState=RECOVERED, leaderEpoch=3, partitionEpoch=4)\n`,
  )
  equal(await shell('pwd'), "invalid choice: 'pwd' (choose from 'cat', 'find', 'ls', 'tree')\n")
  equal(await shell('cat'), 'too few arguments\n')
})

test('lines from a pipe are run one by one behind a prompt', async (t) => {
  const stdin = 'cd image\npwd\n\ncd nope\nhis\nhistory 2\ncd /local/version\nls "a b"\nexit\nls\n'
  const { code, out } = await runTool('kafka-metadata-shell', ['-s', snapshot(t)], { stdin })
  equal(code, 0)
  equal(
    out,
    [
      'Loading...',
      'Starting...',
      '[ Kafka Metadata Shell ]',
      '>> >> /image',
      '>> >> cd: nope: no such directory.',
      ">> invalid choice: 'his': did you mean 'history'?",
      '>>     3  his',
      '    4  history 2',
      '>> cd: /local/version: not a directory.',
      '>> ls: a b: no such file or directory.',
      '>> ',
    ].join('\n'),
  )
  deepEqual(wordsOf(`ls  'a b' c\\ d ""`), ['ls', 'a b', 'c d', ''])
})

test('the folder of a broker that runs is read as it is', async (t) => {
  const { running, servers } = await testBroker(t)
  await runTool('kafka-topics', [...servers, '--create', '--topic', 'here'])
  const { path } = running.directories[0]!
  const { code, out } = await runTool('kafka-metadata-shell', ['--snapshot', path, 'ls', '/image/topics/byName'])
  deepEqual([code, out], [0, 'here\n'])
})

test('kafka-metadata-shell says what is missing', async () => {
  const bare = await runTool('kafka-metadata-shell', ['ls'])
  equal(bare.code, 1)
  match(
    bare.err,
    /^usage: kafka-metadata-shell \[-h\] --snapshot SNAPSHOT\n {28}\[command \[command \.\.\.\]\]\n.*error: argument --snapshot\/-s is required\n$/,
  )
  const none = await runTool('kafka-metadata-shell', ['--snapshot', '/nope', 'ls'])
  deepEqual([none.code, none.err], [1, 'Unexpected error: java.nio.file.NoSuchFileException: /nope\n'])
})
