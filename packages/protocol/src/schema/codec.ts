/**
 * Codecs: one per schema and version, made when first asked for. Where the runtime allows it a codec is generated as source text, with
 * no version left to test and fixed-size neighbours read under one bounds check; elsewhere (strict content security policies) it is
 * built of closures. Both give the same values and the same bytes.
 */

import { ProtocolError } from '../wire/protocol-error.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { closureCodec } from './closure-codec.ts'
import type { Fields, StructInit, StructValue } from './field.ts'
import { planMessage } from './plan.ts'
import type { Schema } from './schema.ts'
import { sourceCodec } from './source-codec.ts'

export interface Codec<V, I> {
  /** Reads one message and leaves the reader behind it. Throws ProtocolError MALFORMED. */
  decode(reader: Reader): V
  /** Writes one message. Throws ProtocolError INVALID_VALUE. */
  encode(writer: Writer, value: I): void
  /** Bytes that {@link encode} would write. */
  size(value: I): number
}

/** `source`: generated functions. `closures`: no code from text. */
export type CodecMode = 'source' | 'closures'

/** Decoder and encoder of one version, as the two makers give them. */
export interface RawCodec {
  readonly decode: (reader: Reader) => unknown
  readonly encode: (writer: Writer, value: object) => void
}

/** The codec of one version. Throws ProtocolError UNSUPPORTED_VERSION when the schema lacks it. */
export function codecOf<F extends Fields>(schema: Schema<F>, version: number): Codec<StructValue<F>, StructInit<F>> {
  const known = schema.codecs[version]
  if (known !== undefined) return known as unknown as Codec<StructValue<F>, StructInit<F>>
  const codec = compileCodec(schema, version, bestMode())
  schema.codecs[version] = codec as unknown as Codec<never, never>
  return codec
}

/** Makes a codec in the given way, past the cache; {@link codecOf} is what programs want. */
export function compileCodec<F extends Fields>(
  schema: Schema<F>,
  version: number,
  mode: CodecMode,
): Codec<StructValue<F>, StructInit<F>> {
  const plan = planMessage(schema, version)
  const { decode, encode } = mode === 'source' ? sourceCodec(plan) : closureCodec(plan)
  return {
    decode: decode as (reader: Reader) => StructValue<F>,
    encode,
    size(value) {
      const writer = new Writer()
      encode(writer, value)
      const { length } = writer
      writer.discard()
      return length
    },
  }
}

/** Decodes a whole buffer. Throws ProtocolError MALFORMED when bytes are left over. */
export function decodeMessage<F extends Fields>(schema: Schema<F>, version: number, buffer: Buffer): StructValue<F> {
  const reader = new Reader(buffer)
  const value = codecOf(schema, version).decode(reader)
  if (reader.remaining > 0) {
    throw new ProtocolError('MALFORMED', `${reader.remaining} bytes left over after ${schema.name} version ${version}`)
  }
  return value
}

/** Encodes into one new buffer. */
export function encodeMessage<F extends Fields>(schema: Schema<F>, version: number, value: StructInit<F>): Buffer {
  const writer = new Writer()
  codecOf(schema, version).encode(writer, value)
  return writer.toBuffer()
}

let mode: CodecMode | undefined

function bestMode(): CodecMode {
  if (mode === undefined) {
    try {
      new Function('')
      mode = 'source'
    } catch {
      mode = 'closures'
    }
  }
  return mode
}
