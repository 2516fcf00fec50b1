/** What kafka-producer-perf-test sends. */
import { resolve } from 'node:path'
import { FileSystemError } from '@ottla/env'
import { type Io, printLine } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'

/** The value of record number `index`. It is kept by whoever gets it. */
export type Payloads = (index: number) => Buffer

const LETTERS = 26
const LETTER_A = 65
const STOCK_BYTES = 1 << 20

/** Random capital letters: slices of one stock, large enough that no batch holds the same twice. */
export function randomPayloads(sizeBytes: number, io: Io): Payloads {
  const stock = io.env.random.bytes(Math.max(STOCK_BYTES, 2 * sizeBytes))
  for (let at = 0; at < stock.length; at += 1) stock[at] = LETTER_A + (stock[at]! % LETTERS)
  let at = 0
  return () => {
    if (at + sizeBytes > stock.length) at = 0
    const payload = stock.subarray(at, at + sizeBytes)
    at += sizeBytes
    return payload
  }
}

export function countingPayloads(): Payloads {
  return (index) => Buffer.from(String(index))
}

/** Pieces of a text file, by chance. Throws ToolError when it holds none. */
export function filePayloads(path: string, delimiter: string, io: Io): Payloads {
  const absolute = resolve(io.workingDirectory, path)
  printLine(io.stdout, `Reading payloads from: ${absolute}`)
  const pieces = textOf(absolute, io).split(new RegExp(delimiter === '\\n' ? '\n' : delimiter))
  while (pieces.length > 0 && pieces.at(-1) === '') pieces.pop()
  if (pieces.length === 0) throw new ToolError('File does not exist or empty file provided.')
  printLine(io.stdout, `Number of records read: ${pieces.length}`)
  const payloads = pieces.map((piece) => Buffer.from(piece))
  return () => payloads[io.env.random.below(payloads.length)]!
}

function textOf(path: string, io: Io): string {
  try {
    return io.env.files.readFileSync(path).toString('utf8')
  } catch (error) {
    if (error instanceof FileSystemError) return ''
    throw error
  }
}
