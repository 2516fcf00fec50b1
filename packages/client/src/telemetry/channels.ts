/**
 * What a client tells on channels of Node's diagnostics_channel:
 *
 *     import { subscribe } from 'node:diagnostics_channel'
 *     subscribe('ottla:client:send', ({ topic, recordCount, durationMs, error }) => …)
 *
 * A message is made only while somebody has subscribed. Times are in milliseconds.
 */
import type { Diagnostics, DiagnosticsChannel } from '@ottla/env'
import type { TopicPartition } from '../topic-partition.ts'

interface Told {
  readonly clientId: string
}

interface Timed extends Told {
  readonly durationMs: number
  /** Null when it went well. */
  readonly error: unknown
}

/** A batch of records was written, or given up. */
export interface SendDiagnostic extends Timed, TopicPartition {
  readonly recordCount: number
  readonly sizeBytes: number
}

/** A broker answered a fetch, with records or without. */
export interface FetchDiagnostic extends Timed {
  readonly groupId: string | null
  readonly brokerId: number
  readonly partitionCount: number
  /** Of the records in the answer. */
  readonly sizeBytes: number
}

/** A handler is done with a record. */
export interface ProcessDiagnostic extends Timed, TopicPartition {
  readonly groupId: string | null
  readonly offset: number
}

export interface CommitDiagnostic extends Timed {
  readonly groupId: string
  readonly offsets: readonly (TopicPartition & { readonly offset: number })[]
}

export interface RebalanceDiagnostic extends Told {
  readonly groupId: string | null
  readonly kind: 'assigned' | 'revoked' | 'lost'
  readonly partitions: readonly TopicPartition[]
}

/** A request was answered, or will not be. */
export interface RequestDiagnostic extends Timed {
  /** As `Fetch`. */
  readonly api: string
  readonly version: number
  readonly host: string
  readonly port: number
  readonly requestBytes: number
  readonly responseBytes: number
}

/** Something failed in the background: `retried`, or thrown to who called. */
export interface ErrorDiagnostic extends Told {
  readonly role: 'consumer' | 'share-consumer'
  readonly groupId: string | null
  readonly error: Error
  readonly kind: 'retried' | 'thrown'
}

export interface ClientChannels {
  readonly send: DiagnosticsChannel
  readonly fetch: DiagnosticsChannel
  readonly process: DiagnosticsChannel
  readonly commit: DiagnosticsChannel
  readonly rebalance: DiagnosticsChannel
  readonly request: DiagnosticsChannel
  readonly error: DiagnosticsChannel
}

const DEAF: DiagnosticsChannel = { hasSubscribers: false, publish: () => {} }

export function clientChannels(diagnostics: Diagnostics | undefined): ClientChannels {
  const channel = (name: string) => diagnostics?.channel(`ottla:client:${name}`) ?? DEAF
  return {
    send: channel('send'),
    fetch: channel('fetch'),
    process: channel('process'),
    commit: channel('commit'),
    rebalance: channel('rebalance'),
    request: channel('request'),
    error: channel('error'),
  }
}
