/**
 * Keys and values that are numbers in bytes, described as kcat does it (`-s value=q`): `<` little and `>` big endian (the default), b B h H i I q Q whole numbers of 8, 16,
 * 32 and 64 bits (capital: unsigned), c a character, s the rest as text, $ the end.
 */
import { Failure, UsageProblem } from '../usage-problem.ts'

export type Unpack = (bytes: Buffer) => string

const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, i: 4, q: 8, c: 1 }
const KNOWN = /^[<>bBhHiIqQcs$ ]+$/

/** Texts separated by blanks. Throws {@link UsageProblem} for a format that is none. */
export function unpackerOf(format: string): Unpack {
  if (!KNOWN.test(format))
    throw new UsageProblem(`'${format}' is no format of bytes: it is made of < > b B h H i I q Q c s $`)
  return (bytes) => unpack(format, bytes)
}

function unpack(format: string, bytes: Buffer): string {
  const texts: string[] = []
  let at = 0
  let isLittle = false
  for (const letter of format) {
    if (letter === '<' || letter === '>') isLittle = letter === '<'
    else if (letter === 's') {
      texts.push(bytes.toString('utf8', at))
      at = bytes.length
    } else if (letter === '$') {
      if (at < bytes.length) throw new Failure(`${bytes.length - at} bytes are left over by the format ${format}`)
    } else if (letter !== ' ') {
      const size = SIZES[letter.toLowerCase()]!
      if (at + size > bytes.length) throw new Failure(`${bytes.length} bytes are too few for the format ${format}`)
      texts.push(
        letter === 'c'
          ? bytes.toString('latin1', at, at + 1)
          : numberAt(bytes, { at, size, isLittle, isSigned: letter === letter.toLowerCase() }),
      )
      at += size
    }
  }
  return texts.join(' ')
}

/** 64 bits do not fit a number, and nobody computes with them here. */
function numberAt(bytes: Buffer, how: { at: number; size: number; isLittle: boolean; isSigned: boolean }): string {
  const slice = Buffer.from(bytes.subarray(how.at, how.at + how.size))
  if (how.isLittle) slice.reverse()
  const value = BigInt(`0x${slice.toString('hex')}`)
  return String(how.isSigned ? BigInt.asIntN(how.size * 8, value) : value)
}
