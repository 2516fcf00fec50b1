import type { FileHandle } from '@ottla/env'

/** Fills the buffer with what the file has from `position` on; the number of bytes there were. What lies behind them stays as it was. */
export async function readFully(handle: Pick<FileHandle, 'read'>, into: Uint8Array, position: number): Promise<number> {
  let count = 0
  while (count < into.length) {
    const more = await handle.read(into, count, into.length - count, position + count)
    if (more === 0) break
    count += more
  }
  return count
}
