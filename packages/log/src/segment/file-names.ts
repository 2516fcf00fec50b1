/** Names of files in a partition's folder: twenty digits (an offset) and what it is. */

export const LOG_SUFFIX = '.log'
export const OFFSET_INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TRANSACTION_INDEX_SUFFIX = '.txnindex'
export const SNAPSHOT_SUFFIX = '.snapshot'
/** Removed, but perhaps still being read; deleted later. */
export const DELETED_SUFFIX = '.deleted'
/** A cleaner's work that was not finished. */
export const CLEANED_SUFFIX = '.cleaned'
/** A cleaner's finished work that has yet to take the place of the original. */
export const SWAP_SUFFIX = '.swap'

export const INDEX_SUFFIXES = [OFFSET_INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX]

const NAME = /^(\d{20})(\.log|\.index|\.timeindex|\.txnindex|\.snapshot)(\.deleted|\.cleaned|\.swap)?$/

export interface SegmentFileName {
  readonly baseOffset: number
  /** '.log', '.index', … */
  readonly kind: string
  /** '', '.deleted', '.cleaned' or '.swap'. */
  readonly state: string
}

export function fileName(offset: number, suffix: string): string {
  return String(offset).padStart(20, '0') + suffix
}

/** What the name says; null for a file that is none of a segment's. */
export function parseFileName(name: string): SegmentFileName | null {
  const match = NAME.exec(name)
  if (match === null) return null
  return { baseOffset: Number(match[1]), kind: match[2]!, state: match[3] ?? '' }
}
