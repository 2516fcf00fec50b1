/** Tools that work on files. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const CLUSTER = '4L6g3nShT-eMCtK--X86sw'

function settings(world, { name, folders = [name], more = '' }) {
  const dirs = folders.map((folder) => join(world.folder, folder)).join(',')
  const text = `process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@localhost:9093\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\ncontroller.listener.names=CONTROLLER\nlog.dirs=${dirs}\n${more}`
  world.file(`${name}.properties`, text)
}

export const storage = {
  tool: 'kafka-storage',
  prepare(world) {
    for (const name of ['one', 'release', 'level', 'ignored', 'late']) settings(world, { name })
    settings(world, { name: 'two', folders: ['two-a', 'two-b'] })
    settings(world, { name: 'fresh' })
    settings(world, { name: 'foreign' })
    world.file(
      'foreign/meta.properties',
      'version=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAw\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAg\n',
    )
    settings(world, { name: 'broken' })
    world.file('broken/meta.properties', 'nonsense\n')
    world.file('no-node.properties', 'log.dirs=/tmp/x\n')
    const dynamic = 'controller.quorum.bootstrap.servers=localhost:9093\n'
    const text = `process.roles=broker,controller\nnode.id=1\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\ncontroller.listener.names=CONTROLLER\n${dynamic}log.dirs=`
    for (const name of ['standalone', 'without', 'initial'])
      world.file(`${name}.properties`, `${text}${world.folder}/${name}\n`)
  },
  cases: [
    '--help',
    '',
    '--version',
    '--bogus',
    'nonsense',
    ...'info format random-uuid version-mapping feature-dependencies'.split(' ').map((word) => `${word} --help`),
    ['random-uuid', { masks: ['random-uuid'] }],
    'info',
    'info -c $DIR/absent.properties',
    'info -c $DIR/no-node.properties',
    'info -c $DIR/fresh.properties',
    ['format', { masks: ['missing-argument'] }],
    'format -c $DIR/one.properties',
    `format -t ${CLUSTER}`,
    `format -t nonsense -c $DIR/one.properties`,
    `format -t ${CLUSTER} -c $DIR/absent.properties`,
    `format -t ${CLUSTER} -c $DIR/one.properties`,
    `format -t ${CLUSTER} -c $DIR/one.properties`,
    `format -t ${CLUSTER} -c $DIR/one.properties -g`,
    `format -t ${CLUSTER} -c $DIR/one.properties --ignore-formatted`,
    'format -t AAAAAAAAAAAAAAAAAAAAAw -c $DIR/one.properties -g',
    ['info -c $DIR/one.properties', { masks: ['random-uuid'] }],
    `format --cluster-id ${CLUSTER} --config $DIR/two.properties`,
    ['info -c $DIR/two.properties', { masks: ['random-uuid'] }],
    `format -t ${CLUSTER} -c $DIR/release.properties -r 4.0`,
    `format -t ${CLUSTER} -c $DIR/release.properties -r nonsense`,
    `format -t ${CLUSTER} -c $DIR/release.properties -r 2.8`,
    `format -t ${CLUSTER} -c $DIR/level.properties -f share.version=0`,
    `format -t ${CLUSTER} -c $DIR/ignored.properties -f share.version=9`,
    `format -t ${CLUSTER} -c $DIR/ignored.properties -f nonsense=1`,
    `format -t ${CLUSTER} -c $DIR/ignored.properties -f share.version`,
    `format -t ${CLUSTER} -c $DIR/ignored.properties -r 4.0 -f metadata.version=20`,
    `format -t ${CLUSTER} -c $DIR/ignored.properties --add-scram nonsense`,
    `format -t ${CLUSTER} -c $DIR/ignored.properties --add-scram SCRAM-SHA-256=[name=alice]`,
    `format -t ${CLUSTER} -c $DIR/ignored.properties --standalone`,
    `format -t ${CLUSTER} -c $DIR/late.properties --no-initial-controllers`,
    `format -t ${CLUSTER} -c $DIR/standalone.properties`,
    `format -t ${CLUSTER} -c $DIR/standalone.properties --standalone`,
    `format -t ${CLUSTER} -c $DIR/without.properties --no-initial-controllers`,
    `format -t ${CLUSTER} -c $DIR/without.properties --no-initial-controllers --standalone`,
    `format -t ${CLUSTER} -c $DIR/initial.properties --initial-controllers nonsense`,
    `format -t ${CLUSTER} -c $DIR/initial.properties --initial-controllers 1@localhost:9093:AAAAAAAAAAAAAAAAAAAAAw`,
    `format -t ${CLUSTER} -c $DIR/foreign.properties`,
    `format -t ${CLUSTER} -c $DIR/foreign.properties -g`,
    'info -c $DIR/foreign.properties',
    'info -c $DIR/broken.properties',
    `format -t ${CLUSTER} -c $DIR/broken.properties`,
    'version-mapping',
    'version-mapping -r 4.0',
    'version-mapping -r 3.3-IV3',
    'version-mapping -r nonsense',
    'feature-dependencies',
    'feature-dependencies -f share.version=1',
    'feature-dependencies --feature transaction.version=2 --feature group.version=1',
    'feature-dependencies -f nonsense=1',
    'feature-dependencies -f share.version',
    'feature-dependencies -f transaction.version=9',
  ],
}

const DUMPED = '00000000000000000000'

export const dumpLog = {
  tool: 'kafka-dump-log',
  sharesState: true,
  async prepare(world) {
    world.file(
      '00000000000000000001.log',
      Buffer.from('nonsense that is no batch, but long enough to be read as one, or so it seems to be'),
    )
    world.file('nonsense.txt', 'x')
    world.file('empty/00000000000000000000.log', '')
    if (world.isSecondSide) return
    await world.topic('events', 1)
    await world.produce('events', [
      { key: 'k', value: 'one', headers: { a: '1', b: null } },
      { key: 'gone', value: null },
      'three',
    ])
    await world.transaction('dumped', 'events')
    await world.commit('dumped', [{ topic: 'events', partition: 0, offset: 1 }])
    if (!readdirSync(join(world.dataFolder, 'events-0')).includes(`${DUMPED}.log`))
      throw new Error('there is no segment')
  },
  cases: [
    '--help',
    '',
    '--version',
    '--bogus',
    '--files',
    `--files $DATA/events-0/${DUMPED}.log`,
    `--files $DATA/events-0/${DUMPED}.log --print-data-log`,
    `--files $DATA/events-0/${DUMPED}.log --deep-iteration`,
    `--files $DATA/events-0/${DUMPED}.log --print-data-log --skip-record-metadata`,
    `--files $DATA/events-0/${DUMPED}.log --max-bytes 10`,
    `--files $DATA/events-0/${DUMPED}.log --max-bytes x`,
    `--files $DATA/events-0/${DUMPED}.log --max-message-size 10`,
    `--files $DATA/events-0/${DUMPED}.log --key-decoder-class --print-data-log`,
    `--files $DATA/events-0/${DUMPED}.log --value-decoder-class nonsense.Decoder --print-data-log`,
    `--files $DATA/events-0/${DUMPED}.log --value-decoder-class org.apache.kafka.tools.api.StringDecoder --print-data-log`,
    `--files $DATA/events-0/${DUMPED}.index`,
    `--files $DATA/events-0/${DUMPED}.timeindex`,
    `--files $DATA/events-0/${DUMPED}.index --index-sanity-check`,
    `--files $DATA/events-0/${DUMPED}.index --verify-index-only`,
    `--files $DATA/events-0/${DUMPED}.index,$DATA/events-0/${DUMPED}.timeindex --index-sanity-check --verify-index-only`,
    `--files $DATA/events-0/${DUMPED}.log,$DATA/events-0/${DUMPED}.index`,
    `--files $DATA/__consumer_offsets-0/${DUMPED}.log --offsets-decoder`,
    `--files $DATA/__consumer_offsets-0/${DUMPED}.log --print-data-log`,
    `--files $DATA/__transaction_state-0/${DUMPED}.log --transaction-log-decoder`,
    `--files $DATA/__share_group_state-0/${DUMPED}.log --share-group-state-decoder`,
    `--files $DATA/__cluster_metadata-0/${DUMPED}.log --cluster-metadata-decoder`,
    `--files $DATA/__cluster_metadata-0/${DUMPED}.log --cluster-metadata-decoder --skip-record-metadata`,
    `--files $DATA/__consumer_offsets-0/${DUMPED}.log --offsets-decoder --transaction-log-decoder`,
    '--files $DIR/00000000000000000001.log',
    '--files $DIR/empty/00000000000000000000.log',
    '--files $DIR/nonsense.txt',
    '--files $DIR/absent.log',
    `--files $DIR/absent/${DUMPED}.log`,
    `--files $DATA/events-0/leader-epoch-checkpoint`,
  ],
}
