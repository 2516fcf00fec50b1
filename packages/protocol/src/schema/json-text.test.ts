import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ConsumerGroupMetadataValue } from '../messages/index.ts'
import { array, bytes, float64, int64, string } from './field.ts'
import { toJsonText } from './json-text.ts'
import { data } from './schema.ts'

test('numbers of 64 bits are plain digits, floats have a decimal point, bytes are base64', () => {
  const schema = data({ name: 'Example', versions: '0-1' }, () => ({
    big: int64(),
    rate: float64(),
    blob: bytes({ nullable: '0+' }),
    names: array(string()),
    late: string({ versions: '1+' }),
  }))
  const value = { big: 2 ** 63, rate: 1, blob: Buffer.from('hi'), names: ['a"b', '1234567890123456789'], late: 'x' }
  equal(
    toJsonText(schema, 0, value),
    '{"big":9223372036854775807,"rate":1.0,"blob":"aGk=","names":["a\\"b","1234567890123456789"]}',
  )
  equal(
    toJsonText(schema, 1, { ...value, rate: 0.5, blob: null, names: [] }),
    '{"big":9223372036854775807,"rate":0.5,"blob":null,"names":[],"late":"x"}',
  )
})

test('a hash of 64 bits keeps all of them, and is left out at its default where it is tagged', () => {
  equal(
    toJsonText(ConsumerGroupMetadataValue, 0, { epoch: 2, metadataHash: 7437416878154205021n }),
    '{"epoch":2,"metadataHash":7437416878154205021}',
  )
  equal(toJsonText(ConsumerGroupMetadataValue, 0, { epoch: 3 }), '{"epoch":3}')
})
