import { ApiError, ErrorCode } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'

/** Streams groups are served when the cluster has agreed on them (streams.version) and the broker is not told otherwise. */
export function requireStreamsGroups({ image, config }: BrokerContext): void {
  const level = image.features.finalized.get('streams.version') ?? 0
  const isWanted = config.values['group.coordinator.rebalance.protocols'].includes('streams')
  if (level < 1 || !isWanted) throw new ApiError(ErrorCode.UNSUPPORTED_VERSION)
}
