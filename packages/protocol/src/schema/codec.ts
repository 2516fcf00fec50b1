/**
 * Codecs: one per schema and version, made when first asked for. Where the runtime allows it a codec is generated as source text, with
 * no version left to test and fixed-size neighbours read under one bounds check; elsewhere (strict content security policies) it is
 * built of closures. Both give the same values and the same bytes.
 */

import { ProtocolError } from '../wire/protocol-error.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { closureDecoder, closureEncoder } from './closure-codec.ts'
import type { Fields, StructInit, StructValue } from './field.ts'
import { planMessage } from './plan.ts'
import type { Schema } from './schema.ts'
import { sourceDecoder, sourceEncoder } from './source-codec.ts'

/** Call its functions as methods: each is replaced when it is first used. */
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

export type Decode = (reader: Reader) => unknown
export type Encode = (writer: Writer, value: object) => void

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
  const [makeDecoder, makeEncoder] =
    mode === 'source' ? [sourceDecoder, sourceEncoder] : [closureDecoder, closureEncoder]
  // Most codecs are used in one direction: the broker's for requests only decode. Each direction replaces its stub on first use.
  const codec: Mutable<Codec<StructValue<F>, StructInit<F>>> = {
    decode(reader) {
      codec.decode = makeDecoder(plan) as (reader: Reader) => StructValue<F>
      return codec.decode(reader)
    },
    encode(writer, value) {
      codec.encode = makeEncoder(plan)
      codec.encode(writer, value)
    },
    size(value) {
      const writer = new Writer()
      codec.encode(writer, value)
      const { length } = writer
      writer.discard()
      return length
    },
  }
  return codec
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

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
