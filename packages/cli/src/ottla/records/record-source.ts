/** Records to send, from text with delimiters, from JSON lines, or from whole files. */
import type { HeadersInit } from '@ottla/client'
import { Failure } from '../usage-problem.ts'
import { fromJsonRecord, type RecordInit } from './record-json.ts'

export interface TextRules {
  /** Between records. */
  readonly delimiter: Buffer
  /** Between key and value; null: there are no keys. */
  readonly keyDelimiter: Buffer | null
  /** An empty value is a null. */
  readonly emptyIsNull: boolean
}

const NO_HEADERS: HeadersInit = []

/** Pieces between delimiters; what follows the last delimiter counts when it is not empty. */
export async function* split(input: AsyncIterable<Buffer>, delimiter: Buffer): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of input) {
    // Where the delimiter may have begun in what came before.
    let from = Math.max(0, rest.length - delimiter.length + 1)
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let at = bytes.indexOf(delimiter, from); at !== -1; at = bytes.indexOf(delimiter, from)) {
      yield bytes.subarray(start, at)
      start = at + delimiter.length
      from = start
    }
    rest = bytes.subarray(start)
  }
  if (rest.length > 0) yield rest
}

/** A record without a key delimiter has no key. */
export async function* textRecords(input: AsyncIterable<Buffer>, rules: TextRules): AsyncGenerator<RecordInit> {
  for await (const piece of split(input, rules.delimiter)) yield recordOf(piece, rules)
}

/** Throws {@link Failure} that names the line. */
export async function* jsonRecords(input: AsyncIterable<Buffer>): AsyncGenerator<RecordInit> {
  let line = 0
  for await (const piece of split(input, Buffer.from('\n'))) {
    line += 1
    const text = piece.toString('utf8')
    if (text.trim() === '') continue
    try {
      yield fromJsonRecord(text)
    } catch (error) {
      throw new Failure(`line ${line}: ${(error as Error).message}`)
    }
  }
}

/** One record for each. */
export async function* wholeRecords(
  inputs: Iterable<Buffer> | AsyncIterable<Buffer>,
  rules: Pick<TextRules, 'emptyIsNull'>,
): AsyncGenerator<RecordInit> {
  for await (const bytes of inputs) yield withValue(null, bytes, rules)
}

function recordOf(piece: Buffer, rules: TextRules): RecordInit {
  const { keyDelimiter } = rules
  if (keyDelimiter === null) return withValue(null, piece, rules)
  const at = piece.indexOf(keyDelimiter)
  if (at === -1) return withValue(null, piece, rules)
  return withValue(piece.subarray(0, at), piece.subarray(at + keyDelimiter.length), rules)
}

function withValue(key: Buffer | null, value: Buffer, { emptyIsNull }: Pick<TextRules, 'emptyIsNull'>): RecordInit {
  return {
    key,
    value: emptyIsNull && value.length === 0 ? null : value,
    headers: NO_HEADERS,
    timestamp: undefined,
    partition: undefined,
  }
}
