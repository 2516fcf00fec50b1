/** What a decision of the controller sees, and what it gives. Decisions are pure: (view, request, input) → outcome. */
import type { BrokerConfig } from '@ottla/config'
import type { MetadataRecord } from '@ottla/protocol'
import type { Instant, TimerOp } from '@ottla/runtime'
import type { MutationQuota } from '../controller-channel.ts'
import type { MetadataImage } from '../image/metadata-image.ts'

export interface ControllerView {
  readonly clusterId: string
  /** Of the node that decides. */
  readonly nodeId: number
  /** The newest image, also of what is not committed yet. */
  readonly image: MetadataImage
  /** Settings of the controller's node with the cluster's dynamic ones over them. */
  readonly config: BrokerConfig
  /** The offset that the next record gets. */
  readonly nextOffset: number
  /** How long a broker may be silent before it is fenced; null: for ever, since it lives and dies with the controller. */
  readonly brokerSessionTimeoutMs: number | null
}

/** What comes with a request from outside of the state. */
export interface RequestInput {
  readonly now: Instant
  /** Fresh uuids, as many as the request may need (one per topic to create). */
  readonly uuids: readonly string[]
  /** Seed of the choices that are random, such as where placement begins. */
  readonly seed: number
  readonly mutationQuota?: MutationQuota
}

/** A broker has been silent for too long. */
export interface SessionTimer {
  readonly kind: 'broker-session'
  readonly brokerId: number
  readonly brokerEpoch: number
}

export type ControllerTimer = SessionTimer

export interface Outcome<Response> {
  readonly response: Response
  readonly records: readonly MetadataRecord[]
  readonly timers?: readonly TimerOp<ControllerTimer>[]
}

/** The level of metadata.version that records are written for. */
export function levelOf(view: { readonly image: MetadataImage }): number {
  return view.image.features.metadataVersion
}
