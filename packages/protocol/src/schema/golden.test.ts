/**
 * Every message in every version, against bytes written by Kafka: `messages.jsonl` by the newest release, `messages-2.4.1.jsonl` made from
 * the definitions of that release, for the versions that the newest no longer has.
 */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import * as messages from '../messages/index.ts'
import { ProtocolError } from '../wire/protocol-error.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { type Codec, type CodecMode, compileCodec } from './codec.ts'
import { fromJson, type JsonObject, toJson } from './json.ts'
import type { Schema } from './schema.ts'

interface Line {
  readonly group: string
  readonly name: string
  readonly kind: string
  readonly type: string
  readonly version: number
  readonly variant: string
  readonly json: JsonObject
  readonly hex: string
  readonly unknownTags?: readonly { readonly tag: number; readonly hex: string }[]
}

type AnyCodec = Codec<Readonly<Record<string, unknown>>, object>

const schemas = new Map(
  Object.values(messages as unknown as Record<string, Schema>).map((schema) => [schema.name, schema]),
)
const lines = readLines('messages.jsonl')
const oldLines = readLines('messages-2.4.1.jsonl')

function readLines(name: string): Line[] {
  const text = readFileSync(new URL(`../../golden/${name}`, import.meta.url), 'utf8')
  const all = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  return all.filter((line) => line.group !== 'consumer-protocol')
}

function schemaOf(line: Line): Schema {
  const schema = schemas.get(line.name)
  assert.ok(schema, `no schema ${line.name}`)
  return schema
}

const codecs = new Map<string, AnyCodec>()

function codecFor(line: Line, mode: CodecMode): AnyCodec {
  const id = `${line.name} ${line.version} ${mode}`
  let codec = codecs.get(id)
  if (codec === undefined) {
    codec = compileCodec(schemaOf(line), line.version, mode) as unknown as AnyCodec
    codecs.set(id, codec)
  }
  return codec
}

function describeLine(line: Line): string {
  return `${line.name} version ${line.version}, ${line.variant}`
}

function encode(codec: AnyCodec, value: object): string {
  const writer = new Writer()
  codec.encode(writer, value)
  return writer.toBuffer().toString('hex')
}

function unknownTagsOf(line: Line): { tag: number; data: Buffer }[] | undefined {
  return line.unknownTags?.map(({ tag, hex }) => ({ tag, data: Buffer.from(hex, 'hex') }))
}

function checkLine(line: Line, mode: CodecMode): void {
  const what = describeLine(line)
  const codec = codecFor(line, mode)
  const schema = schemaOf(line)
  const unknownTags = unknownTagsOf(line)
  const reader = new Reader(Buffer.from(line.hex, 'hex'))

  const decoded = codec.decode(reader)
  assert.equal(reader.remaining, 0, what)
  assert.deepEqual(toJson(schema, line.version, decoded), line.json, what)
  assert.deepEqual(decoded['unknownTags'], unknownTags, what)
  assert.equal(encode(codec, decoded), line.hex, what)

  const parsed = fromJson(schema, line.version, line.json)
  const value = unknownTags === undefined ? parsed : { ...parsed, unknownTags }
  assert.deepEqual(decoded, value, what)
  assert.equal(encode(codec, value), line.hex, what)
  assert.equal(codec.size(value), line.hex.length / 2, what)
  if (line.variant === 'default') assert.equal(encode(codec, {}), line.hex, `${what}, from nothing`)
}

function checkTruncations(line: Line, mode: CodecMode): void {
  const codec = codecFor(line, mode)
  const whole = Buffer.from(line.hex, 'hex')
  for (let length = 0; length < whole.length; length++) {
    // A cut of the buffer, and a cut by the reader's end: neither may be passed.
    for (const reader of [new Reader(whole.subarray(0, length)), new Reader(whole, 0, length)]) {
      assert.throws(() => codec.decode(reader), ProtocolError, `${describeLine(line)}, cut to ${length} bytes`)
    }
  }
}

/** Only long texts of the extremes would make every cut of them slow; their first bytes tell as much. */
function isShort(line: Line): boolean {
  return line.hex.length < 4000
}

for (const mode of ['source', 'closures'] as const) {
  describe(`golden messages, codec of ${mode}`, () => {
    it('decodes and encodes every message of every version to the same bytes', () => {
      assert.ok(lines.length > 2500)
      for (const line of lines) checkLine(line, mode)
    })

    it('does so for the versions of Kafka 2.4 that newer releases dropped', () => {
      assert.ok(oldLines.length > 150)
      for (const line of oldLines) checkLine(line, mode)
    })

    it('refuses every message cut short anywhere', () => {
      const { stackTraceLimit } = Error
      Error.stackTraceLimit = 0
      for (const line of lines.filter(isShort)) checkTruncations(line, mode)
      Error.stackTraceLimit = stackTraceLimit
    })
  })
}

describe('golden messages', () => {
  it('cover every version of every schema', () => {
    const covered = new Set([...lines, ...oldLines].map((line) => `${line.name} ${line.version}`))
    const missing: string[] = []
    for (const schema of schemas.values()) {
      for (let version = schema.versions.min; version <= schema.versions.max; version++) {
        if (!covered.has(`${schema.name} ${version}`)) missing.push(`${schema.name} ${version}`)
      }
    }
    assert.deepEqual(missing, [])
  })
})
