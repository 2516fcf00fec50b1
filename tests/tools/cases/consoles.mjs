import { HELP } from './common.mjs'

const KINDS = 'org.apache.kafka.common.serialization'

export const consoleProducer = [
  {
    tool: 'kafka-console-producer',
    prepare: (world) => world.topic('lines', 1),
    cases: [
      ...HELP,
      '--topic lines',
      '$B',
      ['$B --topic', {}],
      ['$B --topic lines', { stdin: 'a\nb\n' }],
      ['$B --topic lines', { stdin: '' }],
      ['$B --topic lines --sync', { stdin: 'a\n' }],
      ['$B --topic lines --topic other', { stdin: 'a\n' }],
      ['$B --topic "" $F', { stdin: 'a\n' }],
      ['$B --topic "a b" $F', { stdin: 'a\n' }],
      ['$B --topic lines --reader-property parse.key=true', { stdin: 'k\tv\n' }],
      ['$B --topic lines --reader-property parse.key=true', { stdin: 'no key\n' }],
      [
        '$B --topic lines --reader-property parse.key=true --reader-property ignore.error=true',
        { stdin: 'no key\nk\tv\n' },
      ],
      ['$B --topic lines --reader-property parse.key=true --reader-property key.separator=:', { stdin: 'k:v\n' }],
      ['$B --topic lines --property parse.key=true --property key.separator=:', { stdin: 'k:v\n' }],
      ['$B --topic lines --property parse.key=true --reader-property key.separator=:', { stdin: 'k:v\n' }],
      ['$B --topic lines --reader-property parse.headers=true', { stdin: 'a:1,b:2\tv\n' }],
      ['$B --topic lines --reader-property parse.headers=true', { stdin: 'broken\n' }],
      ['$B --topic lines --reader-property parse.headers=true', { stdin: 'a\tv\n' }],
      [
        '$B --topic lines --reader-property parse.headers=true --reader-property parse.key=true',
        { stdin: 'a:1\tk\tv\n' },
      ],
      ['$B --topic lines --reader-property null.marker=NIL', { stdin: 'NIL\nx\n' }],
      [
        '$B --topic lines --reader-property parse.headers=true --reader-property headers.delimiter=,',
        { stdin: 'a:1,v\n' },
      ],
      [
        '$B --topic lines --reader-property parse.headers=true --reader-property headers.separator=:',
        { stdin: 'a:1,v\n' },
      ],
      ['$B --topic lines --reader-property parse.key=true --reader-property key.separator=', { stdin: 'a\n' }],
      ['$B --topic lines --reader-property parse.key', { stdin: 'a\n' }],
      ['$B --topic lines --reader-property =x', { stdin: 'a\n' }],
      ['$B --topic lines --reader-config $DIR/none.properties', { stdin: 'a\n' }],
      ['$B --topic lines --compression-codec', { stdin: 'a\n' }],
      ['$B --topic lines --compression-codec lz4', { stdin: 'a\n' }],
      ['$B --topic lines --compression-codec=zstd', { stdin: 'a\n' }],
      ['$B --topic lines --compression-codec nonsense', { stdin: 'a\n' }],
      ['$B --topic lines --request-required-acks all', { stdin: 'a\n' }],
      ['$B --topic lines --request-required-acks 1', { stdin: 'a\n' }],
      ['$B --topic lines --request-required-acks 7', { stdin: 'a\n' }],
      ['$B --topic lines --batch-size x', { stdin: 'a\n' }],
      [
        '$B --topic lines --batch-size 100 --timeout 10 --message-send-max-retries 2 --retry-backoff-ms 5',
        { stdin: 'a\n' },
      ],
      ['$B --topic lines --max-block-ms x', { stdin: 'a\n' }],
      [
        '$B --topic lines --max-memory-bytes 100000 --max-partition-memory-bytes 1000 --metadata-expiry-ms 1000',
        { stdin: 'a\n' },
      ],
      ['$B --topic lines --socket-buffer-size 10000 --request-timeout-ms 1000', { stdin: 'a\n' }],
      ['$B --topic lines --producer-property acks=1', { stdin: 'a\n' }],
      ['$B --topic lines --command-property acks=1', { stdin: 'a\n' }],
      ['$B --topic lines --producer-property acks=1 --command-property linger.ms=0', { stdin: 'a\n' }],
      ['$B --topic lines --producer-property acks', { stdin: 'a\n' }],
      ['$B --topic lines --producer-property acks=nonsense', { stdin: 'a\n' }],
      ['$B --topic lines --producer-property batch.size=some', { stdin: 'a\n' }],
      ['$B --topic lines --producer.config $DIR/fast.properties', { stdin: 'a\n' }],
      ['$B --topic lines --command-config $DIR/fast.properties', { stdin: 'a\n' }],
      [
        '$B --topic lines --producer.config $DIR/fast.properties --command-config $DIR/fast.properties',
        { stdin: 'a\n' },
      ],
      ['$B --topic lines --producer.config $DIR/none.properties', { stdin: 'a\n' }],
      ['$B --topic lines --line-reader nonsense.Reader', { stdin: 'a\n' }],
      ['$B --topic lines --line-reader org.apache.kafka.tools.LineMessageReader', { stdin: 'a\n' }],
      ['--bootstrap-server $DEAD $F --topic lines', { stdin: 'a\n' }],
      ['--bootstrap-server nonsense --topic lines', { stdin: 'a\n' }],
    ],
  },
]

const consume = '$B --topic lines --from-beginning --timeout-ms 20000'
const three = `${consume} --max-messages 3`

async function lines(world) {
  await world.topic('lines', 1)
  await world.topic('many', 3)
  await world.produce('lines', [
    { key: 'k', value: 'one', headers: { a: '1', b: null } },
    { key: null, value: 'two' },
    { key: 'gone', value: null },
    'four',
  ])
  await world.produce('many', [{ value: 'x' }, { value: 'y', partition: 1 }, { value: 'z', partition: 2 }])
}

export const consoleConsumer = {
  tool: 'kafka-console-consumer',
  async prepare(world) {
    await lines(world)
    world.file('formatter.properties', 'print.key=true\nkey.separator=;\n')
    world.file('consumer.properties', 'auto.offset.reset=earliest\ngroup.id=from-file\n')
  },
  cases: [
    ...HELP,
    '--topic lines',
    '$B',
    '$B --topic lines --include "l.*"',
    '$B --topic lines --offset 1',
    '$B --topic lines --partition x',
    '$B --topic lines --partition 0 --from-beginning --offset 1',
    '$B --topic lines --partition 0 --offset nonsense',
    '$B --topic lines --partition 0 --offset -3',
    '$B --topic lines --partition 0 --group g',
    '$B --topic lines --max-messages x',
    '$B --topic lines --isolation-level nonsense',
    '$B --topic lines --formatter nonsense.Formatter',
    three,
    `${consume} --max-messages 0`,
    `${three} --group g1`,
    '$B --topic lines --partition 0 --offset 1 --max-messages 2',
    '$B --topic lines --partition 0 --offset earliest --max-messages 2',
    '$B --topic lines --partition 0 --offset latest --timeout-ms 500',
    '$B --topic lines --partition 0 --timeout-ms 500',
    '$B --topic lines --partition 0 --from-beginning --max-messages 1',
    '$B --topic lines --partition 9 --from-beginning --timeout-ms 500',
    ['$B --include "l.*" --from-beginning --max-messages 2 --timeout-ms 20000', {}],
    '$B --include "a[" --from-beginning --max-messages 2',
    ['$B --topic many --from-beginning --max-messages 3 --timeout-ms 20000', { masks: ['lines-in-any-order'] }],
    `${three} --formatter-property print.key=true`,
    `${three} --property print.key=true`,
    `${three} --property print.key=true --formatter-property print.offset=true`,
    `${three} --formatter-property print.key=true --formatter-property print.timestamp=true --formatter-property print.partition=true --formatter-property print.offset=true --formatter-property print.headers=true --formatter-property print.epoch=true --formatter-property print.delivery=true`,
    `${three} --formatter-property print.key=true --formatter-property print.value=false --formatter-property key.separator=:`,
    `${three} --formatter-property print.headers=true --formatter-property headers.separator=; --formatter-property null.literal=NIL`,
    `${three} --formatter-property line.separator=| --formatter-property null.literal=`,
    `${three} --formatter-property print.key`,
    `${three} --formatter-property nonsense=1`,
    `${three} --formatter-config $DIR/formatter.properties`,
    `${three} --formatter-config $DIR/none.properties`,
    `${three} --formatter org.apache.kafka.tools.consumer.DefaultMessageFormatter`,
    `${three} --formatter kafka.tools.DefaultMessageFormatter`,
    `${three} --formatter org.apache.kafka.tools.consumer.NoOpMessageFormatter`,
    `${three} --formatter org.apache.kafka.tools.consumer.LoggingMessageFormatter`,
    `${three} --key-deserializer ${KINDS}.StringDeserializer --formatter-property print.key=true`,
    `${three} --value-deserializer ${KINDS}.ByteArrayDeserializer`,
    `${three} --value-deserializer ${KINDS}.LongDeserializer`,
    `$B --topic lines --from-beginning --timeout-ms 8000 --value-deserializer ${KINDS}.LongDeserializer --skip-message-on-error`,
    `${three} --formatter-property value.deserializer=${KINDS}.StringDeserializer`,
    `${three} --isolation-level read_committed`,
    `${three} --isolation-level read_uncommitted`,
    `${three} --enable-systest-events`,
    `${three} --consumer-property client.id=me`,
    `${three} --command-property client.id=me`,
    `${three} --consumer-property client.id=me --command-property max.poll.records=10`,
    `${three} --consumer-property client.id`,
    `${three} --consumer-property fetch.min.bytes=few`,
    `${three} --consumer-property auto.offset.reset=latest`,
    '$B --topic lines --consumer-property auto.offset.reset=earliest --max-messages 1 --timeout-ms 20000',
    '$B --topic lines --consumer-property auto.offset.reset=nonsense --max-messages 1 --timeout-ms 20000',
    '$B --topic lines --consumer.config $DIR/consumer.properties --max-messages 1 --timeout-ms 20000',
    '$B --topic lines --command-config $DIR/consumer.properties --max-messages 1 --timeout-ms 20000',
    '$B --topic lines --consumer.config $DIR/consumer.properties --command-config $DIR/consumer.properties --max-messages 1',
    '$B --topic lines --consumer.config $DIR/consumer.properties --group another --max-messages 1 --timeout-ms 20000',
    '$B --topic lines --consumer.config $DIR/none.properties --max-messages 1 --timeout-ms 20000',
    '$B --topic lines --group g2 --consumer-property group.id=g3 --max-messages 1 --timeout-ms 20000',
    '$B --topic lines --timeout-ms 300',
    '$B --topic lines --timeout-ms x',
    '$B --topic nothing-here --timeout-ms 500 --consumer-property allow.auto.create.topics=false',
    '$B --topic "a b" --timeout-ms 500',
    '--bootstrap-server $DEAD --topic lines --timeout-ms 500',
    '--bootstrap-server nonsense --topic lines',
  ],
}

export const consoleShareConsumer = {
  tool: 'kafka-console-share-consumer',
  async prepare(world) {
    await lines(world)
    for (const group of ['share', 'g1', 'g2', 'g3', 'g4', 'g5', 'g6', 'g7', 'g8', 'g9'])
      await world.shareFromStart(group)
    world.file('formatter.properties', 'print.key=true\nkey.separator=;\n')
    world.file('consumer.properties', 'group.id=g8\n')
  },
  cases: [
    ...HELP,
    '--topic lines',
    '$B',
    '$B --topic lines --max-messages x',
    '$B --topic lines --timeout-ms x',
    '$B --topic lines --reject --release',
    '$B --topic lines --formatter nonsense.Formatter',
    '$B --topic lines --group g1 --max-messages 4 --timeout-ms 20000',
    '$B --topic lines --group g1 --timeout-ms 700',
    '$B --topic lines --group g2 --release --max-messages 2 --timeout-ms 20000',
    '$B --topic lines --group g3 --reject --max-messages 4 --timeout-ms 20000',
    '$B --topic lines --group g4 --max-messages 4 --timeout-ms 20000 --formatter-property print.key=true --formatter-property print.delivery=true --formatter-property print.offset=true --formatter-property print.timestamp=true --formatter-property print.partition=true --formatter-property print.epoch=true --formatter-property print.headers=true',
    '$B --topic lines --group g5 --max-messages 4 --timeout-ms 20000 --property print.key=true',
    '$B --topic lines --group g5 --timeout-ms 500 --property print.key=true --formatter-property print.offset=true',
    '$B --topic lines --group g6 --max-messages 4 --timeout-ms 20000 --formatter-config $DIR/formatter.properties',
    '$B --topic lines --group g7 --max-messages 4 --timeout-ms 20000 --enable-systest-events',
    '$B --topic lines --consumer-config $DIR/consumer.properties --max-messages 4 --timeout-ms 20000',
    '$B --topic lines --command-config $DIR/consumer.properties --timeout-ms 500',
    '$B --topic lines --consumer-config $DIR/consumer.properties --command-config $DIR/consumer.properties',
    '$B --topic lines --consumer-config $DIR/consumer.properties --group other --timeout-ms 500',
    '$B --topic lines --group g9 --consumer-property client.id=me --timeout-ms 20000 --max-messages 4',
    '$B --topic lines --group g9 --command-property client.id=me --timeout-ms 500',
    '$B --topic lines --group g9 --consumer-property a=b --command-property client.id=me --timeout-ms 500',
    '$B --topic lines --group g9 --value-deserializer nonsense.Deserializer --timeout-ms 500',
    '$B --topic nothing --group g9 --timeout-ms 500',
    '--bootstrap-server nonsense --topic lines',
  ],
}
