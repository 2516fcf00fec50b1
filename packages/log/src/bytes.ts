/** int64 at a position of a buffer, for the files of this package. The rule of what a number holds is stdx/int64.ts. */
import { int64FromParts, int64High, int64Low } from '@ottla/stdx'

export function readInt64(buf: Buffer, pos: number): number {
  return int64FromParts(buf.readInt32BE(pos), buf.readUInt32BE(pos + 4))
}

export function writeInt64(buf: Buffer, pos: number, value: number): void {
  buf.writeInt32BE(int64High(value), pos)
  buf.writeUInt32BE(int64Low(value), pos + 4)
}
