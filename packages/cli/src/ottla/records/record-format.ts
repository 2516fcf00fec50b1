/**
 * Records as text by a format of kcat's: %t topic, %p partition, %o offset, %T timestamp, %k key, %s value, %K and %S their lengths (-1: null), %h headers,
 * %R length of the value as four bytes, %% a percent sign; \n, \t, \xNN.
 */
import type { ConsumerRecord } from '@ottla/client'
import { UsageProblem } from '../usage-problem.ts'
import { unescaped } from './escapes.ts'
import type { Unpack } from './pack-format.ts'

export interface FormatOptions {
  readonly unpackKey: Unpack | null
  readonly unpackValue: Unpack | null
  /** What stands for a null. */
  readonly nullText: string
}

export type FormatRecord = (record: ConsumerRecord) => Buffer | string

type Piece = (record: ConsumerRecord) => Buffer | string

/** Throws {@link UsageProblem}. */
export function recordFormat(format: string, options: FormatOptions): FormatRecord {
  const pieces: Piece[] = []
  for (const [token] of format.matchAll(/%.|%$|[^%]+/gs)) {
    if (token.startsWith('%')) pieces.push(pieceOf(token, options))
    else {
      const fixed = unescaped(token)
      pieces.push(() => fixed)
    }
  }
  return (record) => joined(pieces.map((piece) => piece(record)))
}

/** As kcat prints without a format: key and value as they are, and a delimiter. */
export function plainFormat(
  delimiters: { readonly key: string | null; readonly record: string },
  options: FormatOptions,
): FormatRecord {
  const end = unescaped(delimiters.record)
  const value = pieceOf('%s', options)
  if (delimiters.key === null) return (record) => joined([value(record), end])
  const between = unescaped(delimiters.key)
  const key = pieceOf('%k', options)
  return (record) => joined([key(record), between, value(record), end])
}

function pieceOf(token: string, { unpackKey, unpackValue, nullText }: FormatOptions): Piece {
  const bytes = (data: Buffer | null, unpack: Unpack | null) =>
    data === null ? nullText : unpack === null ? data : unpack(data)
  switch (token) {
    case '%t':
      return ({ topic }) => topic
    case '%p':
      return ({ partition }) => String(partition)
    case '%o':
      return ({ offset }) => String(offset)
    case '%T':
      return ({ timestamp }) => String(timestamp)
    case '%k':
      return ({ key }) => bytes(key, unpackKey)
    case '%s':
      return ({ value }) => bytes(value, unpackValue)
    case '%K':
      return ({ key }) => String(key?.length ?? -1)
    case '%S':
      return ({ value }) => String(value?.length ?? -1)
    case '%R':
      return ({ value }) => {
        const length = Buffer.alloc(4)
        length.writeInt32BE(value?.length ?? -1)
        return length
      }
    case '%h':
      return ({ headers }) => headers.map(({ key, value }) => `${key}=${value?.toString('utf8') ?? nullText}`).join(',')
    case '%%':
      return () => '%'
    default:
      throw new UsageProblem(`a format has no '${token}': there are %t %p %o %T %k %s %K %S %h %R %%`)
  }
}

function joined(parts: readonly (Buffer | string)[]): Buffer | string {
  if (parts.every((part) => typeof part === 'string')) return parts.join('')
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
}
