/** Topics whose change would exceed what a client may create and delete (KIP-599). */
import { ErrorCode } from '@ottla/protocol'
import type { RequestInput } from './controller-view.ts'

/** What such a topic is answered with. */
export const OVER_QUOTA = { code: ErrorCode.THROTTLING_QUOTA_EXCEEDED, message: null } as const

/** Takes the cost of a change that would be made; true: it must not be made now. */
export function isOverQuota({ mutationQuota }: RequestInput, partitions: number): boolean {
  return mutationQuota !== undefined && !mutationQuota.take(partitions)
}
