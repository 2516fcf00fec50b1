import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { plainStyle } from './style.ts'
import { formatTable } from './table.ts'
import { fitText, harmless, oneLine, textWidth } from './text-width.ts'

test('wide characters take two columns, combining ones none, colours none', () => {
  equal(textWidth('abc'), 3)
  equal(textWidth('日本'), 4)
  equal(textWidth('e\u0301'), 1)
  equal(textWidth('🎉'), 2)
  equal(textWidth('\u001b[31mred\u001b[39m'), 3)
  equal(fitText('日本語', 5), '日…')
  equal(fitText('orders-of-europe-v1', 12), 'orders-o…-v1')
  equal(fitText('abc', 3), 'abc')
})

test('what comes out of a topic does not steer the terminal', () => {
  equal(harmless('a\u001b[2Jb\u202ec'), 'a\\x1b[2Jb\\u202ec')
  equal(harmless('a\tb\nc'), 'a\tb\nc')
  equal(oneLine('a\tb\nc'), 'a\\tb\\nc')
})

test('columns line up, numbers to the right, and nothing is cut where there is no terminal', () => {
  const columns = [
    { title: 'NAME', text: ([name]: [string, number]) => name, isFlexible: true },
    { title: 'COUNT', text: ([, count]: [string, number]) => count, align: 'right' as const },
  ]
  const rows: [string, number][] = [
    ['日本', 1],
    ['a-long-name-of-a-topic', 12345],
  ]
  deepEqual(formatTable(columns, rows, { style: plainStyle, columns: undefined }), [
    'NAME                    COUNT',
    '日本                        1',
    'a-long-name-of-a-topic  12345',
  ])
  deepEqual(formatTable(columns, rows, { style: plainStyle, columns: 20 }), [
    'NAME           COUNT',
    '日本               1',
    'a-long-n…opic  12345',
  ])
})
