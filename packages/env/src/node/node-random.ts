import fs from 'node:fs'
import type { Random } from '../random.ts'
import { uuidFromRandomBytes } from '../uuid.ts'

type Crypto = typeof import('node:crypto')

/** What the kernel gives for cryptography; absent on Windows. */
const KERNEL_RANDOM = '/dev/urandom'
/** Read at once, and given out piece by piece. */
const STOCK_BYTES = 512
const DRAWN_BYTES = 6

let stock: Buffer = Buffer.alloc(0)
let loaded: Crypto | undefined

/** Loading node:crypto costs 3 ms and 600 KB, which a broker that draws a few names does not owe. */
function crypto(): Crypto {
  loaded ??= process.getBuiltinModule('node:crypto')
  return loaded
}

function bytes(count: number): Buffer {
  if (count > STOCK_BYTES) return crypto().randomBytes(count)
  if (stock.length < count) stock = kernelRandom() ?? crypto().randomBytes(STOCK_BYTES)
  const taken = Buffer.from(stock.subarray(0, count))
  stock = stock.subarray(count)
  return taken
}

function kernelRandom(): Buffer | null {
  let descriptor: number
  try {
    descriptor = fs.openSync(KERNEL_RANDOM, 'r')
  } catch {
    return null
  }
  try {
    const read = Buffer.allocUnsafeSlow(STOCK_BYTES)
    return fs.readSync(descriptor, read) === STOCK_BYTES ? read : null
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Each value as often as the others: what lies above the last whole multiple of `bound` is drawn again. */
function below(bound: number): number {
  const end = 2 ** 48 - (2 ** 48 % bound)
  for (;;) {
    const drawn = bytes(DRAWN_BYTES).readUIntBE(0, DRAWN_BYTES)
    if (drawn < end) return drawn % bound
  }
}

/** Cryptographically strong. */
export const nodeRandom: Random = {
  bytes,
  below,
  uuid: () => {
    for (;;) {
      const uuid = uuidFromRandomBytes(bytes(16))
      if (uuid !== null) return uuid
    }
  },
}
