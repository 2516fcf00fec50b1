/** Whether this broker lives, and whether clients should come: for supervisors and load balancers. */
import type { BrokerContext } from '../broker-context.ts'

export type BrokerPhase = 'starting' | 'running' | 'stopping' | 'failed'

export interface Health {
  readonly isOk: boolean
  /** Why not; empty when it is. */
  readonly reasons: readonly string[]
  readonly details: Readonly<Record<string, unknown>>
}

/** Alive as long as the event loop answers and nothing is broken for good: another start is all that helps then. */
export function liveness(phase: BrokerPhase): Health {
  const reasons = phase === 'failed' ? ['the broker cannot go on'] : []
  return { isOk: reasons.length === 0, reasons, details: { phase } }
}

/**
 * Ready when the broker is unfenced, all its data folders work, and no coordinator has failed to load a partition. Partitions that
 * are being loaded are told and do not count: their clients are told to try again, and everybody else is served.
 */
export function readiness(phase: BrokerPhase, broker: BrokerContext | null): Health {
  if (phase !== 'running' || broker === null)
    return { isOk: false, reasons: [`the broker is ${phase}`], details: { phase } }
  const reasons: string[] = []
  const registration = broker.image.brokers.get(broker.nodeId)
  if (registration === undefined || registration.fenced) reasons.push('the broker is fenced')
  for (const { path, error } of broker.logs.directories) {
    if (error !== null) reasons.push(`the data folder ${path} failed: ${error.message}`)
  }
  const coordinators: Record<string, unknown> = {}
  for (const [topic, counts] of broker.coordinators.partitionCounts()) {
    coordinators[topic] = counts
    if (counts.failed > 0) reasons.push(`${counts.failed} partitions of ${topic} could not be loaded`)
  }
  return {
    isOk: reasons.length === 0,
    reasons,
    details: {
      phase,
      nodeId: broker.nodeId,
      clusterId: broker.clusterId,
      brokerEpoch: broker.brokerEpoch,
      coordinators,
    },
  }
}
