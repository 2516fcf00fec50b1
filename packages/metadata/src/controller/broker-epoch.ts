/** Requests of a broker that was registered anew meanwhile are refused. */
import { ErrorCode } from '@ottla/protocol'
import type { ControllerView } from './controller-view.ts'

/** NONE, or why the broker is not the one that is registered. */
export function brokerEpochError({ image }: ControllerView, brokerId: number, brokerEpoch: number): number {
  return image.brokers.get(brokerId)?.epoch === brokerEpoch ? ErrorCode.NONE : ErrorCode.STALE_BROKER_EPOCH
}
