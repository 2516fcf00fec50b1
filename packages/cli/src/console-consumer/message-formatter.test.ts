import { equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumerRecord } from '@ottla/client'
import { deserializer } from './deserializers.ts'
import { defaultFormatter } from './message-formatter.ts'

const record: ConsumerRecord = {
  topic: 't',
  partition: 3,
  offset: 7,
  timestamp: 1000,
  timestampType: 'CreateTime',
  key: Buffer.from('k'),
  value: Buffer.from('v'),
  headers: [
    { key: 'a', value: Buffer.from('1') },
    { key: 'b', value: null },
  ],
  leaderEpoch: 0,
}

function format(properties: Record<string, string>, of: Partial<ConsumerRecord> = {}): string {
  return Buffer.from(defaultFormatter(new Map(Object.entries(properties)))({ ...record, ...of })).toString()
}

const ALL = Object.fromEntries(
  ['timestamp', 'partition', 'offset', 'delivery', 'epoch', 'headers', 'key'].map((name) => [`print.${name}`, 'true']),
)

test('only the value is printed unless more is asked for', () => {
  equal(format({}), 'v\n')
  equal(format({ 'print.value': 'false', 'print.key': 'true' }), 'k\n')
})

test('fields stand in the order of the Java tool', () => {
  equal(
    format(ALL),
    'CreateTime:1000\tPartition:3\tOffset:7\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\ta:1,b:null\tk\tv\n',
  )
})

test('separators and the word for null can be chosen', () => {
  const properties = {
    ...ALL,
    'key.separator': '|',
    'line.separator': '~',
    'headers.separator': ';',
    'null.literal': 'NIL',
  }
  equal(
    format(properties, { value: null, timestampType: 'NoTimestampType', timestamp: -1 }),
    'NO_TIMESTAMP|Partition:3|Offset:7|Delivery:NOT_PRESENT|Epoch:NOT_PRESENT|a:1;b:NIL|k|NIL~',
  )
  equal(format({ 'print.headers': 'true' }, { headers: [] }), 'NO_HEADERS\tv\n')
})

test('deserializers are known by their Java names', () => {
  const name = (short: string) => `org.apache.kafka.common.serialization.${short}Deserializer`
  const print = (short: string, bytes: number[]) =>
    Buffer.from(deserializer(name(short))(Buffer.from(bytes))).toString()
  equal(print('Integer', [0, 0, 1, 0]), '256')
  equal(print('Long', [255, 255, 255, 255, 255, 255, 255, 255]), '-1')
  equal(print('Short', [1, 1]), '257')
  equal(print('Double', [63, 240, 0, 0, 0, 0, 0, 0]), '1.0')
  throws(() => print('Integer', [1]), /Size of data/)
  throws(() => deserializer('foo'), /could not be found/)
})
