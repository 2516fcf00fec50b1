/** DER (X.690), as much as certificates need. */

export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return der(0x30, ...contents)
}

/** `[number]`, constructed. */
export function context(number: number, ...contents: readonly Uint8Array[]): Buffer {
  return der(0xa0 | number, ...contents)
}

/** Up to 127: versions and path lengths. */
export function smallInteger(value: number): Buffer {
  return der(0x02, Buffer.from([value]))
}

/** From its bytes, of which the first is neither 0 nor above 127. */
export function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes)
}

export function objectId(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]]
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 0x7f]
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return der(0x06, Buffer.from(bytes))
}

export function octets(content: Uint8Array): Buffer {
  return der(0x04, content)
}

export function bits(content: Uint8Array, unusedBits = 0): Buffer {
  return der(0x03, Buffer.from([unusedBits]), content)
}

export function text(value: string): Buffer {
  return der(0x0c, Buffer.from(value, 'utf8'))
}

/** GeneralizedTime, to the second. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return der(0x18, Buffer.from(digits, 'latin1'))
}

export const TRUE = der(0x01, Buffer.from([0xff]))

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes: number[] = []
  for (let left = length; left > 0; left >>>= 8) bytes.unshift(left & 0xff)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}
