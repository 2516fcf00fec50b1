import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { INT64_MAX } from '@ottla/stdx'
import type { ConfigKey } from './config-key.ts'
import { brokerKeys, clientMetricsKeys, groupKeys, quotaIpKeys, quotaUserClientKeys, topicKeys } from './key-table.ts'
import { formatValue, parseValue } from './parse-value.ts'
import { formatProperties, parseProperties } from './properties-file.ts'

const key = (type: ConfigKey['type'], valid?: ConfigKey['valid']): ConfigKey => ({
  name: 'k',
  type,
  default: '',
  importance: 'low',
  ...(valid === undefined ? {} : { valid }),
})

function read(row: ConfigKey, text: string): unknown {
  const parsed = parseValue(row, text)
  return parsed.kind === 'value' ? parsed.value : parsed.problem.message
}

test('values are read by type, as Kafka reads them', () => {
  equal(read(key('boolean'), ' TRUE '), true)
  equal(read(key('boolean'), 'yes'), 'Invalid value yes for configuration k: Expected value to be either true or false')
  equal(read(key('int'), ' 12 '), 12)
  equal(read(key('int'), '2147483648'), 'Invalid value 2147483648 for configuration k: Not a number of type INT')
  equal(read(key('short'), '-32768'), -32_768)
  equal(read(key('long'), '9223372036854775807'), INT64_MAX)
  equal(
    read(key('long'), '9223372036854775808'),
    'Invalid value 9223372036854775808 for configuration k: Not a number of type LONG',
  )
  equal(read(key('double'), '1e3'), 1000)
  equal(read(key('double'), 'x'), 'Invalid value x for configuration k: Not a number of type DOUBLE')
  deepEqual(read(key('list'), ' a , b,c '), ['a', 'b', 'c'])
  deepEqual(read(key('list'), ''), [])
  equal(read(key('password'), ' p '), ' p ')
})

test('values are printed as Java prints them', () => {
  equal(formatValue('long', INT64_MAX), '9223372036854775807')
  equal(formatValue('double', 0.5), '0.5')
  equal(formatValue('double', 3), '3.0')
  equal(formatValue('double', 2_147_483_647), '2.147483647E9')
  equal(formatValue('double', 1e-4), '1.0E-4')
  equal(formatValue('double', 0), '0.0')
  equal(formatValue('list', ['a', 'b']), 'a,b')
  equal(formatValue('boolean', true), 'true')
  equal(formatValue('string', null), null)
})

test('every default passes its own check when it is read back from its text', () => {
  const tables = { brokerKeys, topicKeys, groupKeys, clientMetricsKeys, quotaIpKeys, quotaUserClientKeys }
  for (const [name, table] of Object.entries(tables)) {
    for (const row of table.values()) {
      const text = formatValue(row.type, row.default)
      if (text === null || row.name.startsWith('controller.listener.names')) continue
      deepEqual(read(row, text), row.default, `${name}: ${row.name}`)
    }
  }
})

test('every broker synonym of a topic or group setting is a broker setting', () => {
  for (const table of [topicKeys, groupKeys]) {
    for (const row of table.values()) {
      for (const { name } of row.brokerSynonyms ?? []) equal(brokerKeys.has(name), true, name)
    }
  }
})

test('properties text: comments, continuations, escapes and every separator, with line numbers', () => {
  deepEqual(parseProperties('# c\r\na=1\n! d\n\n b : two\\\n   more\nc\nd=\\u0041\\t\ne f\n'), [
    { key: 'a', value: '1', line: 2 },
    { key: 'b', value: 'twomore', line: 5 },
    { key: 'c', value: '', line: 7 },
    { key: 'd', value: 'A\t', line: 8 },
    { key: 'e', value: 'f', line: 9 },
  ])
  deepEqual(parseProperties('\uFEFFa=1'), [{ key: 'a', value: '1', line: 1 }])
})

test('written properties read back the same', () => {
  const pairs: [string, string][] = [
    ['node.id', '1'],
    ['a b:c=d', ' leading'],
    ['p', 'C:\\x\ny'],
  ]
  deepEqual(
    parseProperties(formatProperties(pairs, ['made by a test'])).map(({ key: name, value }) => [name, value]),
    pairs,
  )
})
