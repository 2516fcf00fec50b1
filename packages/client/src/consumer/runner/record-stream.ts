/** Records one after the other: each is done when the next is asked for. */
import { ClosedError } from '../../errors.ts'
import type { ConsumerRecord } from '../consumer-record.ts'
import { markDone, type RecordSource } from './record-source.ts'

/** Ends when `signal` aborts or the consumer is closed. */
export async function* recordStream<K, V>(
  source: RecordSource<K, V>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ConsumerRecord<K, V>, void, undefined> {
  const options = { limit: Number.POSITIVE_INFINITY, timeoutMs: Number.POSITIVE_INFINITY, signal }
  for (;;) {
    let deliveries: Awaited<ReturnType<typeof source.take>>
    try {
      deliveries = await source.take(options)
    } catch (error) {
      if (signal?.aborted || error instanceof ClosedError) return
      throw error
    }
    for (const delivery of deliveries) {
      // A seek or a rebalance since: the application wants other records now.
      if (!source.isCurrent(delivery)) continue
      const { record, state, seeks } = delivery
      state.inHand = record.offset + 1
      yield record
      state.inHand = null
      if (state.seeks === seeks) markDone(state, record.offset + 1, record.leaderEpoch)
      if (signal?.aborted || source.isClosed) return
    }
  }
}
