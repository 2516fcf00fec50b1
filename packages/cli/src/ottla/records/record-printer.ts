/** How `consume` and `tail` print records: for a person on a terminal, as kcat does it elsewhere, by a format, or as JSON. */
import type { ConsumerRecord } from '@ottla/client'
import type { Arguments } from '../parse-arguments.ts'
import type { Style } from '../screen/style.ts'
import { harmless } from '../screen/text-width.ts'
import { UsageProblem } from '../usage-problem.ts'
import { type Unpack, unpackerOf } from './pack-format.ts'
import { type FormatOptions, type FormatRecord, plainFormat, recordFormat } from './record-format.ts'
import { isText, toEnvelope, toJsonRecord } from './record-json.ts'

export interface PrinterOptions {
  readonly style: Style
  readonly isTerminal: boolean
  readonly isJson: boolean
  /** Records of several topics are mixed. */
  readonly showsTopic: boolean
}

const BYTES_SHOWN_MAX = 32

/** Throws {@link UsageProblem}. */
export function recordPrinter(args: Arguments, options: PrinterOptions): FormatRecord {
  const format = args.value('format')
  const keyDelimiter = args.value('key-delimiter') ?? null
  const delimiter = args.value('delimiter')
  const unpack = unpackers(args)
  const formatOptions: FormatOptions = { ...unpack, nullText: args.has('nulls') ? 'NULL' : '' }
  if (format !== undefined && (args.has('envelope') || options.isJson))
    throw new UsageProblem('--format and JSON exclude each other')
  if (options.isJson) return (record) => `${JSON.stringify(toJsonRecord(record))}\n`
  if (args.has('envelope')) return (record) => `${JSON.stringify(toEnvelope(record))}\n`
  if (format !== undefined) return recordFormat(format, formatOptions)
  const isForPerson = options.isTerminal && keyDelimiter === null && delimiter === undefined
  if (isForPerson) return (record) => personLine(record, options, unpack)
  return plainFormat({ key: keyDelimiter, record: delimiter ?? '\\n' }, formatOptions)
}

/** `-s key=i`, `-s value=q`, or `-s q` for both. */
function unpackers(args: Arguments): { unpackKey: Unpack | null; unpackValue: Unpack | null } {
  let unpackKey: Unpack | null = null
  let unpackValue: Unpack | null = null
  for (const text of args.values('decode')) {
    const [, side, format = ''] = /^(?:(key|value)=)?(.*)$/s.exec(text)!
    const unpack = unpackerOf(format)
    if (side !== 'value') unpackKey = unpack
    if (side !== 'key') unpackValue = unpack
  }
  return { unpackKey, unpackValue }
}

function personLine(
  record: ConsumerRecord,
  { style, showsTopic }: PrinterOptions,
  { unpackKey, unpackValue }: { unpackKey: Unpack | null; unpackValue: Unpack | null },
): string {
  const { dim, cyan } = style
  const place = `${showsTopic ? `${record.topic}-` : ''}${record.partition}:${record.offset}`
  const key = record.key === null ? '' : `${cyan(shown(record.key, unpackKey))}  `
  const value = record.value === null ? dim('null') : shown(record.value, unpackValue)
  const headers = record.headers.map(
    (header) => `${harmless(header.key)}=${header.value === null ? 'null' : shown(header.value, null)}`,
  )
  const tail = headers.length === 0 ? '' : `  ${dim(`[${headers.join(' ')}]`)}`
  return `${dim(`${place}  ${clockTime(record.timestamp)}`)}  ${key}${value}${tail}\n`
}

function shown(bytes: Buffer, unpack: Unpack | null): string {
  if (unpack !== null) return harmless(unpack(bytes))
  const text = bytes.toString('utf8')
  if (isText(bytes, text)) return harmless(text)
  const hex = bytes.subarray(0, BYTES_SHOWN_MAX).toString('hex')
  return `0x${hex}${bytes.length > BYTES_SHOWN_MAX ? `… (${bytes.length} bytes)` : ''}`
}

/** In this place's time. */
function clockTime(timestamp: number): string {
  if (timestamp < 0 || timestamp > 8.64e15) return '-'
  const date = new Date(timestamp)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const millis = String(date.getMilliseconds()).padStart(3, '0')
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`
}
