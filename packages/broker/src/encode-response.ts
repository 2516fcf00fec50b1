/** Writes response frames: size, header, body. */
import { responseHeaderVersion } from '@ottla/net'
import { codecOf, type Init, type Schema, Writer } from '@ottla/protocol'

export interface ResponseAddress {
  readonly apiVersion: number
  readonly correlationId: number
}

const SIZE_BYTES = 4

/** The frame's buffers; large records in `response` are among them, not copied. */
export function encodeResponse<R extends Schema>(to: ResponseAddress, schema: R, response: Init<R>): Buffer[] {
  const writer = new Writer()
  writer.int32(0)
  writer.int32(to.correlationId)
  if (responseHeaderVersion(schema, to.apiVersion) >= 1) writer.uvarint(0)
  codecOf(schema, to.apiVersion).encode(writer, response as never)
  const buffers = writer.finish()
  let sizeBytes = -SIZE_BYTES
  for (const buffer of buffers) sizeBytes += buffer.length
  buffers[0]!.writeInt32BE(sizeBytes, 0)
  return buffers
}
