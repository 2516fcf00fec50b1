/** Reads DER (X.690), as much as key stores hold. Throws RangeError for what is cut off. */

export const Tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  sequence: 0x30,
  set: 0x31,
} as const

export interface DerValue {
  readonly tag: number
  readonly content: Buffer
  /** With tag and length. */
  readonly whole: Buffer
}

/** The values that stand one after the other. */
export function derValues(bytes: Buffer): DerValue[] {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at)
    let length = bytes.readUInt8(at + 1)
    let start = at + 2
    if (length > 0x80) {
      const lengthBytes = length & 0x7f
      if (lengthBytes > 4) throw new RangeError('a length is too long')
      length = bytes.readUIntBE(start, lengthBytes)
      start += lengthBytes
    } else if (length === 0x80) throw new RangeError('a length is not there')
    if (start + length > bytes.length) throw new RangeError('a value is cut off')
    values.push({ tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) })
    at = start + length
  }
  return values
}

/** The values within one. */
export function inside(value: DerValue | undefined): DerValue[] {
  if (value === undefined) throw new RangeError('a value is not there')
  return derValues(value.content)
}

/** `1.2.840.113549.1.7.1`. */
export function objectIdOf(value: DerValue | undefined): string {
  if (value?.tag !== Tag.objectId) throw new RangeError('an object id is not there')
  const parts: number[] = []
  let part = 0
  for (const byte of value.content) {
    part = part * 128 + (byte & 0x7f)
    if ((byte & 0x80) !== 0) continue
    parts.push(part)
    part = 0
  }
  const [first = 0, ...rest] = parts
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...rest].join('.')
}

/** Up to 48 bits. */
export function integerOf(value: DerValue | undefined): number {
  if (value?.tag !== Tag.integer || value.content.length > 6) throw new RangeError('a number is not there')
  return value.content.readUIntBE(0, value.content.length)
}
