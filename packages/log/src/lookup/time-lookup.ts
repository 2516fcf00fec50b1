import type { LogState } from '../log-state.ts'
import type { OffsetAndTimestamp } from '../types.ts'

export async function offsetForTimestamp(_s: LogState, _e: unknown, _t: number): Promise<OffsetAndTimestamp> {
  return { offset: -1, timestampMs: -1, leaderEpoch: -1 }
}
export async function offsetOfMaxTimestamp(_s: LogState, _e: unknown): Promise<OffsetAndTimestamp> {
  return { offset: -1, timestampMs: -1, leaderEpoch: -1 }
}
