/** Tools that put load on a broker, and those that tell of every record. */
import { HELP } from './common.mjs'

const VALUES = Array.from({ length: 20 }, (_, at) => `value ${at}`)
const figures = (args) => [args, { masks: ['figures'] }]
const events = (args) => [args, { masks: ['events'] }]

export const producerPerf = {
  tool: 'kafka-producer-perf-test',
  prepare: async (world) => {
    await world.topic('load')
    world.file('payloads.txt', 'one\ntwo;three\n')
    world.file('empty.txt', '')
    world.file('acks.properties', 'acks=1\n')
  },
  cases: [
    ...['--help', '', '--bogus', '--bootstrap-server', 'stray'],
    '$B --topic load --num-records 10 --throughput -1',
    '$B --topic load --record-size 10 --throughput -1',
    '$B --num-records 10 --record-size 10 --throughput -1',
    '$B --topic load --num-records 10 --record-size 10',
    '--topic load --num-records 10 --record-size 10 --throughput -1',
    '$B --topic load --num-records ten --record-size 10 --throughput -1',
    '$B --topic load --num-records 10 --record-size 9999999999 --throughput -1',
    '$B --topic load --num-records 0 --record-size 10 --throughput -1',
    '$B --topic load --num-records 10 --record-size 0 --throughput -1',
    '$B --topic load --num-records 10 --record-size 10 --payload-monotonic --throughput -1',
    '$B --topic load --num-records 10 --record-size 10 --throughput -1 --warmup-records 10',
    '$B --topic load --num-records 10 --record-size 10 --throughput -1 --reporting-interval 0',
    '$B --topic load --num-records 10 --record-size 10 --throughput -1 --transaction-duration-ms 0',
    '$B --topic load --num-records 10 --record-size 10 --throughput -1 --producer-props acks=1 --command-property acks=1',
    '$B --topic load --num-records 10 --record-size 10 --throughput -1 --producer.config a --command-config b',
    '$B --topic load --num-records 10 --record-size 10 --throughput -1 --producer-props acks',
    '$B --topic load --num-records 10 --payload-file $DIR/none.txt --throughput -1',
    '$B --topic load --num-records 10 --payload-file $DIR/empty.txt --throughput -1',
    '$B --pro x',
    figures('$B --topic load --num-records 10 --record-size 10 --throughput -1'),
    figures('$B --topic load --num-rec 10 --record-s=10 --through=-1'),
    figures('$B --topic load --num-records 10 --payload-monotonic --throughput 1000'),
    figures('$B --topic load --num-records 10 --payload-file $DIR/payloads.txt --throughput -1'),
    figures('$B --topic load --num-records 10 --payload-file $DIR/payloads.txt --payload-delimiter ; --throughput -1'),
    figures('$B --topic load --num-records 30 --record-size 10 --throughput -1 --warmup-records 10'),
    figures('$B --topic load --num-records 10 --record-size 10 --throughput -1 --producer-props acks=1 linger.ms=0'),
    figures('$B --topic load --num-records 10 --record-size 10 --throughput -1 --producer.config $DIR/acks.properties'),
    figures('--topic load --num-records 10 --record-size 10 --throughput -1 --command-property bootstrap.servers=$S'),
  ],
}

export const consumerPerf = {
  tool: 'kafka-consumer-perf-test',
  prepare: async (world) => {
    await world.topic('load')
    await world.produce('load', VALUES)
  },
  cases: [
    ...HELP,
    '$B --topic load',
    '$B --num-records 5',
    '--topic load --num-records 5',
    '$B --topic load --include x --num-records 5',
    '$B --topic load --num-records five',
    '$B --topic load --num-records 5 --messages 5',
    '$B --topic load --num-records 5 --reporting-interval 0',
    '$B --topic load --num-records 5 --fetch-size much',
    '$B --topic load --num-records 5 --date-format Q',
    '$B --topic load --num-records 5 --consumer.config a --command-config b',
    figures('$B --topic load --num-records 20'),
    figures('$B --topic load --messages 20 --group own --hide-header'),
    figures('$B --include lo.. --num-records 20 --date-format yyyy'),
    figures('$B --topic load --num-records 30 --timeout 300'),
    figures('$B --topic load --num-records 20 --show-detailed-stats'),
    '--broker-list $S --topic load --num-records 20 --hide-header --show-detailed-stats',
  ],
}

export const shareConsumerPerf = {
  tool: 'kafka-share-consumer-perf-test',
  prepare: async (world) => {
    await world.topic('load')
    await world.produce('load', VALUES)
    await world.shareFromStart('perf-share-consumer')
  },
  cases: [
    ...HELP,
    '$B --topic load',
    '$B --num-records 5',
    '--topic load --num-records 5',
    '$B --topic load --num-records five',
    figures('$B --topic load --num-records 20 --show-consumer-stats'),
  ],
}

export const endToEndLatency = {
  tool: 'kafka-e2e-latency',
  prepare: (world) => world.topic('trip'),
  cases: [
    '--help --topic',
    '--version',
    '$S trip 5 1',
    '$S trip five 1 10',
    '$S trip 5 0 10',
    '$S trip 0 1 10',
    '$S trip 5 1 -1',
    '$B --topic trip --num-records 5',
    '$B --topic trip --num-records 5 --producer-acks 0 --record-size 10',
    '$B --topic trip --num-records 5 --producer-acks all --record-size 10 --record-header-size -2',
    '$B --topic trip --num-records 5 --producer-acks all --record-size 10 --num-headers -2',
    '$S trip 5 1 10 $DIR/none.properties',
    figures('$S trip 5 1 10'),
    figures('$S made 2 all 10'),
    figures(
      '$B --topic trip --num-records 2 --producer-acks all --record-size 4 --record-key-size 2 --num-headers 2 --record-header-size -1',
    ),
  ],
}

export const verifiableProducer = {
  tool: 'kafka-verifiable-producer',
  prepare: (world) => world.topic('facts'),
  cases: [
    ...['--help', '', '--bogus', '--bootstrap-server', 'stray'],
    '$B',
    '--topic facts',
    '$B --topic facts --max-messages x',
    '$B --topic facts --producer.config a --command-config b',
    '$B --topic facts --t 1',
    // What Kafka's tool sends is acknowledged while its hooks run at the end of a JVM: not here.
    events('$B --topic facts --max-messages 0'),
  ],
}

export const verifiableConsumer = {
  tool: 'kafka-verifiable-consumer',
  prepare: async (world) => {
    await world.topic('facts')
    await world.produce('facts', VALUES.slice(0, 3))
  },
  cases: [
    ...['--help', '', '--bogus', '--bootstrap-server'],
    '$B --topic facts',
    '$B --topic facts --group-id g --max-messages x',
    '$B --topic facts --group-id g --consumer.config a --command-config b',
    '$B --topic facts --group-id g --group-protocol nonsense',
    '$B --topic facts --group-id g --group-protocol consumer --session-timeout 5',
    events('$B --topic facts --group-id g --max-messages 2 --verbose'),
    events('$B --topic facts --group-id g --max-messages 1'),
    events('$B --topic facts --group-id h --max-messages 3 --enable-autocommit'),
    events(
      '$B --topic facts --group-id i --max-messages 3 --assignment-strategy org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
    ),
    events('$B --topic facts --group-id j --max-messages 3 --group-protocol consumer'),
  ],
}

export const verifiableShareConsumer = {
  tool: 'kafka-verifiable-share-consumer',
  prepare: async (world) => {
    await world.topic('facts')
    await world.produce('facts', VALUES.slice(0, 3))
  },
  cases: [
    ...['--help', '', '--bogus', '--bootstrap-server'],
    '$B --topic facts',
    '$B --topic facts --group-id s --acknowledgement-mode nonsense',
    events('$B --topic facts --group-id s --max-messages 3 --verbose --offset-reset-strategy earliest'),
    events(
      '$B --topic facts --group-id t --max-messages 3 --offset-reset-strategy EARLIEST --acknowledgement-mode sync',
    ),
  ],
}
