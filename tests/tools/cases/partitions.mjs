/** Tools that work on partitions and their replicas. */
import { addresses, HELP } from './common.mjs'

export const getOffsets = {
  tool: 'kafka-get-offsets',
  sharesState: true,
  async prepare(world) {
    if (world.isSecondSide) return
    await world.topic('events', 11)
    await world.topic('other', 2)
    await world.produce('events', ['a', 'b', 'c', 'd'])
  },
  cases: [
    ...HELP,
    ...addresses(''),
    '$B --topic events',
    '$B --topic "ev.*|other"',
    '$B --topic events,other',
    '$B --topic nothing',
    '$B --topic "a["',
    '$B --topic events --partitions 0,1',
    '$B --topic events --partitions 0,99',
    '$B --topic events --partitions x',
    '$B --topic events --partitions 1-',
    '$B --partitions 1',
    '$B --topic-partitions events:0,other',
    '$B --topic-partitions events:0-2',
    '$B --topic-partitions events:9-',
    '$B --topic-partitions events:-3,other:1',
    '$B --topic-partitions "ev.*:1"',
    '$B --topic-partitions :1',
    '$B --topic-partitions nothing:1',
    '$B --topic-partitions events:x',
    '$B --topic-partitions events:3-1',
    '$B --topic-partitions events:1 --topic events',
    '$B --topic-partitions events:1 --partitions 1',
    '$B --topic events --time -1',
    '$B --topic events --time -2',
    '$B --topic events --time -3',
    '$B --topic events --time -4',
    '$B --topic events --time -5',
    '$B --topic events --time -6',
    '$B --topic events --time -7',
    '$B --topic events --time latest',
    '$B --topic events --time earliest',
    '$B --topic events --time max-timestamp',
    '$B --topic events --time earliest-local',
    '$B --topic events --time latest-tiered',
    '$B --topic events --time earliest-pending-upload',
    '$B --topic events --time LATEST',
    '$B --topic events --time nonsense',
    '$B --topic events --time 1700000001500',
    '$B --topic events --time 1900000000000',
    '$B --topic events --time 0',
    '$B --exclude-internal-topics',
    '$B --topic __consumer_offsets --exclude-internal-topics',
    '$B --topic __transaction_state',
    '--broker-list $S --topic other',
    '--broker-list nonsense --topic other',
  ],
}

const records = (partitions) => ({ version: 1, partitions })

export const deleteRecords = {
  tool: 'kafka-delete-records',
  async prepare(world) {
    await world.topic('events', 2)
    await world.topic('compacted', 1, { 'cleanup.policy': 'compact' })
    await world.produce('events', ['a', 'b', 'c', 'd'])
    const one = (offset, more = {}) => ({ topic: 'events', partition: 0, offset, ...more })
    world.file('some.json', records([one(2)]))
    world.file('all.json', records([one(-1)]))
    world.file('beyond.json', records([one(100)]))
    world.file('missing.json', records([one(1, { partition: 9 })]))
    world.file('nothing.json', records([one(1, { topic: 'nothing' })]))
    world.file('compacted.json', records([one(0, { topic: 'compacted' })]))
    world.file('several.json', records([one(3), one(0, { partition: 1 }), one(1, { topic: 'nothing' })]))
    world.file('twice.json', records([one(3), one(2)]))
    world.file('none.json', records([]))
    world.file('version.json', { version: 2, partitions: [] })
    world.file('unversioned.json', { partitions: [one(3)] })
    world.file('fields.json', records([{ topic: 'events' }]))
    world.file('types.json', records([one('x')]))
    world.file('list.json', [])
    world.file('other.json', { version: 1 })
    world.file('broken.json', '{"partitions":')
    world.file('empty.json', '')
  },
  cases: [
    ...HELP,
    ...addresses('--offset-json-file $DIR/some.json'),
    '$B',
    '--offset-json-file $DIR/some.json --bogus',
    ...'some all beyond missing nothing compacted several twice none version unversioned fields types list other broken empty absent'
      .split(' ')
      .map((name) => `$B $F --offset-json-file $DIR/${name}.json`),
  ],
}

export const logDirs = {
  tool: 'kafka-log-dirs',
  sharesState: true,
  async prepare(world) {
    if (world.isSecondSide) return
    await world.topic('events', 2)
    await world.topic('other', 1)
    await world.produce('events', ['a', 'b'])
  },
  cases: [
    ...HELP,
    ...addresses('--describe'),
    '$B',
    '$B --topic-list events',
    '$B --describe --topic-list events',
    '$B --describe --topic-list events,other',
    '$B --describe --topic-list nothing',
    '$B --describe --topic-list ""',
    '$B --describe --broker-list 1',
    '$B --describe --broker-list 1,7',
    '$B --describe --broker-list x',
    '$B --describe --broker-list ""',
    '$B --describe --broker-list 1 --topic-list other',
  ],
}

export const leaderElection = {
  tool: 'kafka-leader-election',
  async prepare(world) {
    await world.topic('events', 2)
    const file = (name, partitions) => world.file(`${name}.json`, { partitions })
    file('both', [
      { topic: 'events', partition: 0 },
      { topic: 'events', partition: 1 },
    ])
    file('missing', [{ topic: 'events', partition: 9 }])
    file('mixed', [
      { topic: 'events', partition: 0 },
      { topic: 'nothing', partition: 0 },
    ])
    file('twice', [
      { topic: 'events', partition: 0 },
      { topic: 'events', partition: 0 },
    ])
    file('fields', [{ topic: 'events' }])
    file('none', [])
    world.file('list.json', [])
    world.file('other.json', {})
    world.file('broken.json', '{')
  },
  cases: [
    ...HELP,
    ...addresses('--election-type preferred --all-topic-partitions'),
    '$B',
    '$B --election-type preferred',
    '$B --election-type nonsense --all-topic-partitions',
    '$B --election-type PREFERRED --all-topic-partitions',
    '$B --election-type unclean --all-topic-partitions',
    '$B --all-topic-partitions',
    '$B --election-type preferred --topic events',
    '$B --election-type preferred --partition 0',
    '$B --election-type preferred --topic events --partition 0',
    '$B --election-type unclean --topic events --partition 0',
    '$B --election-type preferred --topic events --partition x',
    '$B --election-type preferred --topic events --partition 9',
    '$B --election-type preferred --topic nothing --partition 0',
    '$B --election-type preferred --topic events --partition 0 --all-topic-partitions',
    '$B --election-type preferred --all-topic-partitions --path-to-json-file $DIR/both.json',
    ...'both missing mixed twice fields none list other broken absent'
      .split(' ')
      .map((name) => `$B --election-type preferred --path-to-json-file $DIR/${name}.json`),
    '$B --admin.config $DIR/fast.properties --election-type preferred --topic events --partition 0',
    '$B --admin.config $DIR/fast.properties --command-config $DIR/fast.properties --election-type preferred --all-topic-partitions',
  ],
}

const move = (partitions) => ({ version: 1, partitions })

export const reassignPartitions = {
  tool: 'kafka-reassign-partitions',
  async prepare(world) {
    await world.topic('events', 2)
    const one = (fields) => ({ topic: 'events', partition: 0, replicas: [1], ...fields })
    world.file('same.json', move([one({})]))
    world.file('both.json', move([one({}), one({ partition: 1 })]))
    world.file('unknown-broker.json', move([one({ replicas: [7] })]))
    world.file('missing.json', move([one({ partition: 9 })]))
    world.file('nothing.json', move([one({ topic: 'nothing' })]))
    world.file('twice.json', move([one({}), one({})]))
    world.file('repeated.json', move([one({ replicas: [1, 1] })]))
    world.file('no-replicas.json', move([one({ replicas: [] })]))
    world.file('dirs.json', move([one({ log_dirs: ['any'] })]))
    world.file('dirs-count.json', move([one({ log_dirs: ['any', 'any'] })]))
    world.file('dirs-unknown.json', move([one({ log_dirs: ['/nowhere'] })]))
    world.file('none.json', move([]))
    world.file('version.json', { version: 2, partitions: [] })
    world.file('fields.json', move([{ topic: 'events' }]))
    world.file('broken.json', '{')
    world.file('topics.json', { version: 1, topics: [{ topic: 'events' }] })
    world.file('topics-nothing.json', { version: 1, topics: [{ topic: 'nothing' }] })
    world.file('topics-twice.json', { version: 1, topics: [{ topic: 'events' }, { topic: 'events' }] })
    world.file('topics-none.json', { version: 1, topics: [] })
  },
  cases: [
    ...HELP,
    ...addresses('--list'),
    '$B',
    '$B --verify',
    '$B --execute',
    '$B --cancel',
    '$B --generate',
    '$B --list --verify',
    '$B --list --reassignment-json-file $DIR/same.json',
    '$B --generate --topics-to-move-json-file $DIR/topics.json',
    '$B --generate --broker-list 1',
    '$B --generate --topics-to-move-json-file $DIR/topics.json --broker-list 1',
    '$B --generate --topics-to-move-json-file $DIR/topics.json --broker-list 1 --disable-rack-aware',
    '$B --generate --topics-to-move-json-file $DIR/topics.json --broker-list 7',
    '$B --generate --topics-to-move-json-file $DIR/topics.json --broker-list 1,1',
    '$B --generate --topics-to-move-json-file $DIR/topics.json --broker-list x',
    '$B --generate --topics-to-move-json-file $DIR/topics-nothing.json --broker-list 1',
    '$B --generate --topics-to-move-json-file $DIR/topics-twice.json --broker-list 1',
    '$B --generate --topics-to-move-json-file $DIR/topics-none.json --broker-list 1',
    '$B --generate --topics-to-move-json-file $DIR/absent.json --broker-list 1',
    '$B --generate --topics-to-move-json-file $DIR/topics.json --broker-list 1 --reassignment-json-file x',
    ...'same both unknown-broker missing nothing twice repeated no-replicas dirs dirs-count dirs-unknown none version fields broken absent'
      .split(' ')
      .flatMap((name) => [
        `$B $F --execute --reassignment-json-file $DIR/${name}.json`,
        `$B $F --verify --reassignment-json-file $DIR/${name}.json`,
      ]),
    '$B --cancel --reassignment-json-file $DIR/same.json',
    '$B --cancel --reassignment-json-file $DIR/nothing.json',
    '$B --execute --reassignment-json-file $DIR/same.json --throttle 1000',
    '$B --verify --reassignment-json-file $DIR/same.json --preserve-throttles',
    '$B --verify --reassignment-json-file $DIR/same.json',
    '$B --execute --reassignment-json-file $DIR/same.json --throttle x',
    '$B --execute --reassignment-json-file $DIR/same.json --additional',
    '$B --execute --reassignment-json-file $DIR/same.json --disallow-replication-factor-change',
    '$B --execute --reassignment-json-file $DIR/same.json --replica-alter-log-dirs-throttle 1000',
    '$B --execute --reassignment-json-file $DIR/same.json --timeout 1000',
    '$B --execute --reassignment-json-file $DIR/same.json --broker-list 1',
    '--bootstrap-server $S --bootstrap-controller $S --list',
    '--bootstrap-controller $S --list $F',
  ],
}
