/** A transaction as its body sees it. */
import type { CommittedOffset } from '../../consumer/group-offsets.ts'
import type { ProducerRecord, RecordMetadata } from '../producer-record.ts'

export interface Transaction {
  /**
   * Sends a record that counts if the transaction commits. Need not be waited for: the commit does. Rejects as `Producer.send`; the
   * transaction can then only be aborted.
   */
  send<K = Buffer, V = Buffer>(record: ProducerRecord<K, V>): Promise<RecordMetadata>
  sendAll<K = Buffer, V = Buffer>(records: Iterable<ProducerRecord<K, V>>): Promise<RecordMetadata[]>
  /**
   * Commits offsets of the consumer's group if the transaction commits (KIP-447). Default: the positions of the consumer, so all that
   * it has given out. Rejects when the consumer is no member of its group any more; and for a member, with UNSUPPORTED_VERSION, where the
   * broker is older than 2.5 and could not tell.
   */
  sendOffsets(consumer: OffsetsOfConsumer, offsets?: Iterable<OffsetToCommit>): Promise<void>
}

export type OffsetToCommit = Pick<CommittedOffset, 'topic' | 'partition' | 'offset'> &
  Partial<Pick<CommittedOffset, 'leaderEpoch' | 'metadata'>>

/** What a transaction has to know of a consumer; `Consumer` is one. */
export interface OffsetsOfConsumer {
  /** Throws ArgumentError when it has no group. */
  groupMetadata(): ConsumerGroupMetadata
  /** Next offsets of the assigned partitions that have one. */
  positions(): OffsetToCommit[]
}

export interface ConsumerGroupMetadata {
  readonly groupId: string
  /** -1: the consumer assigned its partitions itself. */
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}
