import { ApiError, ErrorCode } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'

/** Share groups are served when the cluster has agreed on them (share.version). */
export function requireShareGroups({ image }: BrokerContext): void {
  const level = image.features.finalized.get('share.version') ?? 0
  if (level < 1) throw new ApiError(ErrorCode.UNSUPPORTED_VERSION)
}
