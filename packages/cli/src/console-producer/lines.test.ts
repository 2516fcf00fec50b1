import { deepEqual, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { LineReader, type LineRecord } from './line-reader.ts'
import { LineSplitter } from './line-splitter.ts'

function split(...chunks: string[]): string[] {
  const splitter = new LineSplitter()
  const lines: string[] = []
  for (const chunk of chunks) for (const line of splitter.push(Buffer.from(chunk))) lines.push(line.toString())
  const last = splitter.end()
  return last === null ? lines : [...lines, last.toString()]
}

test('lines end at \\n, \\r and \\r\\n, wherever the input is cut', () => {
  deepEqual(split('a\nb\rc\r\nd'), ['a', 'b', 'c', 'd'])
  deepEqual(split('a\r', '\nb', 'c\n'), ['a', 'bc'])
  deepEqual(split('\n', '\n'), ['', ''])
  deepEqual(split(''), [])
})

function parse(line: string, properties: Record<string, string> = {}): LineRecord {
  return new LineReader(new Map(Object.entries(properties))).parse(Buffer.from(line), 1)
}

const text = ({ headers, key, value }: LineRecord) => [
  headers.map((header) => [header.key, header.value?.toString() ?? null]),
  key?.toString() ?? null,
  value?.toString() ?? null,
]

test('a line is a value; headers and key stand in front when asked for', () => {
  deepEqual(text(parse('a\tb')), [[], null, 'a\tb'])
  deepEqual(text(parse('k\tv\tw', { 'parse.key': 'true' })), [[], 'k', 'v\tw'])
  deepEqual(text(parse('a:1,b:2\tv', { 'parse.headers': 'true' })), [
    [
      ['a', '1'],
      ['b', '2'],
    ],
    null,
    'v',
  ])
  const all = { 'parse.key': 'true', 'parse.headers': 'true', 'key.separator': '|', 'headers.delimiter': ';' }
  deepEqual(text(parse('a:1;k|v', all)), [[['a', '1']], 'k', 'v'])
})

test('bytes that are no UTF-8 pass when nothing is parsed', () => {
  const bytes = Buffer.from([0xff, 0x00, 0xfe])
  deepEqual(new LineReader(new Map()).parse(bytes, 1).value, bytes)
})

test('the null marker stands for no key, no value, no header value, no headers', () => {
  const properties = { 'parse.key': 'true', 'parse.headers': 'true', 'null.marker': 'NUL' }
  deepEqual(text(parse('a:NUL\tNUL\tNUL', properties)), [[['a', null]], null, null])
  deepEqual(text(parse('NUL\tk\tv', properties)), [[], 'k', 'v'])
})

test('a missing separator is an error with line number, or ignored', () => {
  throws(() => parse('nosep', { 'parse.key': 'true' }), /No key separator found on line number 1: 'nosep'/)
  throws(() => parse('nosep', { 'parse.headers': 'true' }), /No headers delimiter found on line number 1: 'nosep'/)
  throws(() => parse('bad\tv', { 'parse.headers': 'true' }), /No header key separator found in pair 'bad'/)
  deepEqual(text(parse('nosep', { 'parse.key': 'true', 'ignore.error': 'true' })), [[], null, 'nosep'])
})

test('separators that meet must differ', () => {
  throws(
    () => parse('', { 'parse.headers': 'true', 'headers.delimiter': ',' }),
    /headers.delimiter and headers.separator/,
  )
  throws(() => parse('', { 'null.marker': '\t' }), /null.marker and key.separator may not be equal/)
})
