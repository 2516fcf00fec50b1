/**
 * Counts the bytes that JavaScript copies from buffer to buffer, whoever does it: what the broker counts of itself (`ottla_network_copied_bytes_total`,
 * `ottla_log_copied_bytes_total`) says nothing of a copy that somebody adds. Holds no tests.
 */

type Copying = (this: unknown, ...args: never[]) => unknown

const bytesOf = (value: unknown): number => (ArrayBuffer.isView(value) ? value.byteLength : 0)

/** Functions that copy, and how much the call copied. */
const COPYING: readonly {
  readonly holder: object
  readonly name: string
  readonly bytes: (self: unknown, args: readonly unknown[], result: unknown) => number
}[] = [
  { holder: Buffer.prototype, name: 'copy', bytes: (_self, _args, result) => result as number },
  { holder: Buffer, name: 'from', bytes: (_self, [source]) => bytesOf(source) },
  { holder: Buffer, name: 'concat', bytes: (_self, _args, result) => bytesOf(result) },
  { holder: Uint8Array.prototype, name: 'set', bytes: (_self, [source]) => bytesOf(source) },
  { holder: Uint8Array.prototype, name: 'slice', bytes: (_self, _args, result) => bytesOf(result) },
  { holder: ArrayBuffer.prototype, name: 'slice', bytes: (_self, _args, result) => (result as ArrayBuffer).byteLength },
  {
    holder: Uint8Array.prototype,
    name: 'copyWithin',
    bytes: (self, [, start, end]) => Number(end ?? bytesOf(self)) - Number(start ?? 0),
  },
]

/** Bytes that were copied, by anybody in this process, while `work` ran. What Node itself copies does not count. */
export async function bytesCopiedDuring(work: () => Promise<unknown>): Promise<number> {
  let copied = 0
  const restored = COPYING.map(({ holder, name, bytes }) => {
    const before = Object.getOwnPropertyDescriptor(holder, name)
    const original = Reflect.get(holder, name) as Copying
    const counting = function (this: unknown, ...args: never[]): unknown {
      const result = Reflect.apply(original, this, args)
      copied += bytes(this, args, result)
      return result
    }
    Object.defineProperty(holder, name, { value: counting, configurable: true, writable: true })
    return () => {
      if (before === undefined) Reflect.deleteProperty(holder, name)
      else Object.defineProperty(holder, name, before)
    }
  })
  try {
    await work()
  } finally {
    for (const restore of restored) restore()
  }
  return copied
}
