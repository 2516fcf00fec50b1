import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID, type ProducerIdAndEpoch } from './transaction.ts'

/** What a producer is told of itself. */
export interface ProducerAnswer extends ProducerIdAndEpoch {
  readonly errorCode: number
}

/** The decision needs a producer id, and did nothing: ask again with one. */
export const NEEDS_PRODUCER_ID = 'needs a producer id'

/** Thrown in place of an answer that would say so: it need not wait for what else is to be committed. */
export class NeedsProducerIdError extends Error {
  override readonly name = 'NeedsProducerIdError'
}

export function refusal(errorCode: number): ProducerAnswer {
  return { errorCode, producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH }
}
