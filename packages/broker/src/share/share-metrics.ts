/** What share groups do on this broker, counted. Names are in metrics/tables/share-metrics.ts. */

/** By acknowledge type. */
export const ACKNOWLEDGE_TYPE_NAMES = ['Gap', 'Accept', 'Release', 'Reject', 'Renew'] as const

export class ShareMetrics {
  acquiredRecords = 0
  expiredLocks = 0
  closedSessions = 0
  failedWrites = 0
  deadLetters = 0
  /** Records archived without a copy, as the dead-letter topic may not be written. */
  droppedDeadLetters = 0
  /** Records, by acknowledge type. */
  readonly acknowledged: number[] = ACKNOWLEDGE_TYPE_NAMES.map(() => 0)
}
