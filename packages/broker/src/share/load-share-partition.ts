/** Brings the state of a share partition to its leader: what was stored, or, for a group that is new to the partition, where its settings let it begin. */
import type { SharePersister } from '@ottla/coordinator'
import { ErrorCode, type ReadShareGroupStateResponse } from '@ottla/protocol'
import type { Replica } from '../replica/replica.ts'
import { DeliveryState } from './partition/run.ts'
import type { LoadedState } from './partition/share-partition.ts'
import type { OffsetReset } from './share-settings.ts'

export interface LoadRequest {
  readonly groupId: string
  readonly replica: Replica
  readonly leaderEpoch: number
  readonly persister: SharePersister
  readonly reset: OffsetReset
  /** Wall clock, milliseconds. */
  readonly nowMs: number
}

export type Loaded =
  | {
      readonly kind: 'loaded'
      readonly stateEpoch: number
      readonly state: LoadedState
      /** The start was chosen now, and is to be stored: the choice would be another the next time. */
      readonly isNew: boolean
    }
  | { readonly kind: 'failed'; readonly error: number; readonly message: string }

type StoredState = ReadShareGroupStateResponse['results'][number]['partitions'][number]

/** Resolves with what went wrong, too. */
export async function loadSharePartition(request: LoadRequest): Promise<Loaded> {
  const { groupId, replica, leaderEpoch, persister } = request
  const { topicId, partition } = replica
  const { results } = await persister.readState({
    groupId,
    topics: [{ topicId, partitions: [{ partition, leaderEpoch }] }],
  })
  const stored = results[0]?.partitions[0]
  if (stored === undefined) return failed(ErrorCode.UNKNOWN_SERVER_ERROR, 'The share state was not found.')
  if (stored.errorCode !== ErrorCode.NONE) return failed(stored.errorCode, stored.errorMessage ?? '')
  const leaderError = replica.leaderError(leaderEpoch)
  if (leaderError !== ErrorCode.NONE) return failed(leaderError, 'The leader changed.')
  if (stored.startOffset >= 0) {
    return { kind: 'loaded', stateEpoch: stored.stateEpoch, state: withinLog(stored, replica), isNew: false }
  }
  const startOffset = await resetOffset(request)
  return { kind: 'loaded', stateEpoch: stored.stateEpoch, state: { startOffset, stateBatches: [] }, isNew: true }
}

async function resetOffset({ replica, reset, nowMs }: LoadRequest): Promise<number> {
  switch (reset.kind) {
    case 'earliest':
      return replica.logStartOffset
    case 'latest':
      return replica.highWatermark
    case 'by_duration': {
      const { offset } = await replica.log.offsetForTimestamp(nowMs - reset.durationMs)
      return offset < 0 ? replica.highWatermark : offset
    }
  }
}

/**
 * What is stored cannot speak of records that the log does not have: those above its end were lost with the log's own tail, and new ones
 * will have their offsets; those below its start are gone.
 */
function withinLog({ startOffset, stateBatches }: StoredState, { log }: Replica): LoadedState {
  const end = log.logEndOffset
  return {
    startOffset: Math.min(Math.max(startOffset, log.logStartOffset), end),
    stateBatches: stateBatches
      .filter(({ firstOffset }) => firstOffset < end)
      .map((batch) => ({
        ...batch,
        lastOffset: Math.min(batch.lastOffset, end - 1),
        deliveryState: batch.deliveryState === DeliveryState.ACQUIRED ? DeliveryState.AVAILABLE : batch.deliveryState,
      })),
  }
}

function failed(error: number, message: string): Loaded {
  return { kind: 'failed', error, message }
}
