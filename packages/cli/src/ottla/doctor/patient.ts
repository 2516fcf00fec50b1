/** What the checks look at. */
import type { Admin, BrokerDescription, ClusterDescription, TopicDescription } from '@ottla/client'
import type { Io } from '../../io.ts'
import type { Session } from '../session.ts'

/** A cluster that answers. */
export interface Patient {
  readonly io: Io
  readonly session: Session
  readonly admin: Admin
  readonly cluster: ClusterDescription
  readonly topics: readonly TopicDescription[]
  /** Brokers that run on this machine, as far as their addresses tell. */
  readonly localBrokers: readonly BrokerDescription[]
  readonly options: PatientOptions
}

export interface PatientOptions {
  /** Between the two looks at groups. */
  readonly waitMs: number
  /** May make a topic for a moment. */
  readonly mayWrite: boolean
  readonly clockSkewMaxMs: number
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host) || host === 'ip6-localhost'
}

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '[::]' || host === ''
}
