/** Tools that look at metadata, replicas and applications. */
import { BatchBuilder, encodeMetadataRecord } from '@ottla/protocol'
import { HELP } from './common.mjs'

const uuid = (byte) => Buffer.alloc(16, byte).toString('base64url')
const RECORDS = [
  ['FeatureLevelRecord', 0, { name: 'metadata.version', featureLevel: 25 }],
  ['FeatureLevelRecord', 0, { name: 'share.version', featureLevel: 1 }],
  [
    'RegisterBrokerRecord',
    3,
    {
      ...{ brokerId: 2, incarnationId: uuid(9), brokerEpoch: 7, rack: 'r1', fenced: true, logDirs: [uuid(5)] },
      endPoints: [
        { name: 'Z', host: 'h', port: 1, securityProtocol: 3 },
        { name: 'A', host: '::1', port: 2, securityProtocol: 1 },
      ],
      features: [
        { name: 'x', minSupportedVersion: 1, maxSupportedVersion: 1 },
        { name: 'b', minSupportedVersion: 0, maxSupportedVersion: 3 },
      ],
    },
  ],
  ['TopicRecord', 0, { name: 'foo', topicId: uuid(4) }],
  [
    'PartitionRecord',
    1,
    {
      ...{ partitionId: 0, topicId: uuid(4), replicas: [2, 1], isr: [2], removingReplicas: [1], leader: 2 },
      ...{ leaderRecoveryState: 1, leaderEpoch: 3, partitionEpoch: 4, directories: [uuid(5), uuid(6)] },
    },
  ],
  [
    'AccessControlEntryRecord',
    0,
    {
      ...{ id: uuid(3), resourceType: 2, resourceName: 't*', patternType: 4, principal: 'User:a', host: '*' },
      ...{ operation: 3, permissionType: 3 },
    },
  ],
  [
    'UserScramCredentialRecord',
    0,
    {
      ...{ name: 'bob', mechanism: 2, salt: Buffer.from('ab'), storedKey: Buffer.from('cd') },
      ...{ serverKey: Buffer.from('ef'), iterations: 8192 },
    },
  ],
  [
    'DelegationTokenRecord',
    0,
    {
      ...{ owner: 'User:a', requester: 'User:b', renewers: ['User:c', 'User:d'], tokenId: 'token' },
      ...{ issueTimestamp: 1000, maxTimestamp: 2000, expirationTimestamp: 1500 },
    },
  ],
  [
    'ClientQuotaRecord',
    0,
    {
      entity: [
        { entityType: 'user', entityName: 'a(b)\\' },
        { entityType: 'client-id', entityName: 'c' },
      ],
      key: 'producer_byte_rate',
      value: 1e7,
    },
  ],
  [
    'ClientQuotaRecord',
    0,
    { entity: [{ entityType: 'user', entityName: 'u' }], key: 'request_percentage', value: 12.5 },
  ],
  ['ConfigRecord', 0, { resourceType: 4, resourceName: '', name: 'k', value: 'v' }],
  ['ProducerIdsRecord', 0, { brokerId: 2, brokerEpoch: 7, nextProducerId: 5000 }],
]

/** Kafka's shell looks at what it has loaded so far, which is nothing where its reading thread comes late. */
const NOTHING_LOADED = /^ {2}offset -1, epoch -1,/m

const shell = (args, more = {}) => [`--snapshot $DIR/metadata.checkpoint ${args}`, more]

export const metadataShell = {
  tool: 'kafka-metadata-shell',
  prepare(world) {
    const builder = new BatchBuilder({ partitionLeaderEpoch: 5, timestamp: 1_795_285_200_000 })
    for (const [kind, version, value] of RECORDS) {
      builder.append({ timestamp: 1_795_285_200_000, value: encodeMetadataRecord({ kind, version, value }) })
    }
    world.file('metadata.checkpoint', builder.build())
  },
  cases: [...['--help', '', '--bogus', '--snapshot', 'ls'], shell('tree /image', { notYet: NOTHING_LOADED })],
}

export const replicaVerification = {
  tool: 'kafka-replica-verification',
  prepare: (world) => world.topic('replicas'),
  cases: [
    ...['--help', '', '--version'],
    '--topics-include x',
    '--broker-list $S --topics-include none',
    '--broker-list nonsense',
  ],
}

const reset = '$B --application-id app'

export const streamsReset = {
  tool: 'kafka-streams-application-reset',
  prepare: async (world) => {
    for (const name of ['in', 'mid', 'app-store-changelog', 'app-other', 'other-store-changelog'])
      await world.topic(name)
    await world.produce('in', ['a', 'b', 'c', 'd', 'e'])
    await world.produce('mid', ['a'])
    world.file('plan.csv', 'in,0,2\n')
    world.file('far.csv', 'in,0,200\n')
    world.file('wrong.csv', 'in,0\n')
  },
  cases: [
    ...HELP,
    '$B',
    `${reset} --dry-run`,
    `${reset} --input-topics in,none --intermediate-topics mid --dry-run`,
    `${reset} --input-topics in --to-offset 3 --dry-run`,
    `${reset} --input-topics in --to-offset 30 --dry-run`,
    `${reset} --input-topics in --to-offset x --dry-run`,
    `${reset} --input-topics in --to-latest --dry-run`,
    `${reset} --input-topics in --to-earliest --dry-run`,
    `${reset} --input-topics in --to-earliest --to-latest`,
    `${reset} --input-topics in --to-datetime 2023-11-14T22:13:22.000 --dry-run`,
    `${reset} --input-topics in --to-datetime 2099-11-14T22:13:22.000 --dry-run`,
    `${reset} --input-topics in --by-duration PT1S --dry-run`,
    `${reset} --input-topics in --from-file $DIR/plan.csv --dry-run`,
    `${reset} --input-topics in --from-file $DIR/far.csv --dry-run`,
    `${reset} --input-topics in --from-file $DIR/wrong.csv --dry-run`,
    `${reset} --internal-topics app-other`,
    `${reset} --input-topics in --to-offset 4`,
    `${reset} --input-topics in --shift-by -2`,
    `${reset} --input-topics in --shift-by 1 --dry-run`,
    `${reset}`,
  ],
}
