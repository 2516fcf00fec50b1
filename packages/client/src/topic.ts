/** A topic whose keys and values have types. */
import type { Codec } from './codec/codec.ts'
import { bytesCodec } from './codec/codecs.ts'

/** Name and codecs of a topic, stated once and used by producers and consumers. */
export interface Topic<K, V> {
  readonly name: string
  readonly key: Codec<K>
  readonly value: Codec<V>
}

/**
 * Describes a topic. Codecs that are left out pass bytes through.
 *
 *     const orders = topic('orders', { key: stringCodec, value: jsonCodec<Order>() })
 *     await producer.send({ topic: orders, key: order.id, value: order })
 */
export function topic<K = Buffer, V = Buffer>(
  name: string,
  codecs: { readonly key?: Codec<K>; readonly value?: Codec<V> } = {},
): Topic<K, V> {
  return {
    name,
    key: codecs.key ?? (bytesCodec as unknown as Codec<K>),
    value: codecs.value ?? (bytesCodec as unknown as Codec<V>),
  }
}
