/** Lets a consumer hand out bytes for a while: a run that writes dead letters needs them, and decodes by itself. */
import type { Codec } from '../../codec/codec.ts'
import { bytesCodec } from '../../codec/codecs.ts'

export class RawSwitch {
  /** What the fetched records are decoded with. */
  readonly key: Codec<unknown>
  readonly value: Codec<unknown>
  /** The codecs themselves. */
  readonly codecs: { readonly key: Codec<unknown>; readonly value: Codec<unknown> }
  isRaw = false

  constructor(codecs: { readonly key: Codec<unknown>; readonly value: Codec<unknown> }) {
    this.codecs = { key: codecs.key, value: codecs.value }
    this.key = this.#switched(codecs.key)
    this.value = this.#switched(codecs.value)
  }

  #switched(codec: Codec<unknown>): Codec<unknown> {
    if (codec === bytesCodec) return codec
    return {
      encode: (value) => codec.encode(value),
      decode: (bytes) => (this.isRaw ? bytes : codec.decode(bytes)),
    }
  }
}
