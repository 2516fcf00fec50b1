/**
 * Takes the markers of transactions that have ended to the leaders of their partitions, and reports what became of them.
 *
 * A partition that this broker leads is written to directly; another broker's goes through the port `RemoteMarkers`.
 */
import type { MarkerReport, MarkerResult, MarkerSender, PartitionMarker, TransactionMarkers } from '@ottla/coordinator'
import type { Logger } from '@ottla/env'
import type { MetadataImage } from '@ottla/metadata'
import { ErrorCode } from '@ottla/protocol'

export interface MarkerTarget {
  readonly topic: string
  readonly partition: number
}

export interface MarkerChannelOptions {
  readonly nodeId: number
  readonly image: () => MetadataImage
  readonly logger: Logger
  /** Writes to a partition that is led here. Resolves with an error code. */
  readonly writeHere: (target: MarkerTarget, marker: PartitionMarker) => Promise<number>
  /** Has broker `nodeId` write. Resolves with error codes, in the order of the targets. */
  readonly writeThere: (
    nodeId: number,
    targets: readonly MarkerTarget[],
    marker: PartitionMarker,
  ) => Promise<readonly number[]>
  /** Takes the report; it is in force when the call returns. */
  readonly report: (markers: TransactionMarkers, report: MarkerReport) => void
}

export class MarkerChannel implements MarkerSender {
  readonly #options: MarkerChannelOptions

  constructor(options: MarkerChannelOptions) {
    this.#options = options
  }

  send(markers: TransactionMarkers): void {
    const { nodeId, image } = this.#options
    const here: MarkerTarget[] = []
    const there = new Map<number, MarkerTarget[]>()
    const decided: MarkerResult[] = []
    for (const { topic, partitions } of markers.topics) {
      for (const partition of partitions) {
        const target = { topic, partition }
        const found = image().topics.partition(topic, partition)
        if (found === undefined) decided.push({ kind: 'deleted', ...target })
        else if (found.leader < 0)
          decided.push({ kind: 'failed', ...target, errorCode: ErrorCode.LEADER_NOT_AVAILABLE })
        else if (found.leader === nodeId) here.push(target)
        else there.set(found.leader, [...(there.get(found.leader) ?? []), target])
      }
    }
    if (decided.length > 0) this.#report(markers, decided)
    if (here.length > 0) void this.#writeHere(markers, here)
    for (const [leader, targets] of there) void this.#writeThere(markers, leader, targets)
  }

  async #writeHere(markers: TransactionMarkers, targets: readonly MarkerTarget[]): Promise<void> {
    const marker = markerOf(markers)
    const written = targets.map((target) => this.#caught(target, this.#options.writeHere(target, marker)))
    this.#report(markers, await Promise.all(written))
  }

  async #writeThere(markers: TransactionMarkers, leader: number, targets: readonly MarkerTarget[]): Promise<void> {
    const codes = this.#options.writeThere(leader, targets, markerOf(markers))
    const results = targets.map((target, at) =>
      this.#caught(
        target,
        codes.then((each) => each[at] ?? UNKNOWN),
      ),
    )
    this.#report(markers, await Promise.all(results))
  }

  async #caught(target: MarkerTarget, code: Promise<number>): Promise<MarkerResult> {
    const errorCode = await code.catch((error: unknown) => {
      this.#options.logger.warn('a marker could not be written', { ...target, error })
      return UNKNOWN
    })
    return errorCode === ErrorCode.NONE ? { kind: 'written', ...target } : { kind: 'failed', ...target, errorCode }
  }

  #report(markers: TransactionMarkers, results: readonly MarkerResult[]): void {
    const { transactionalId, decidedAt } = markers
    this.#options.report(markers, { transactionalId, decidedAt, results })
  }
}

const UNKNOWN = ErrorCode.UNKNOWN_SERVER_ERROR

function markerOf(markers: TransactionMarkers): PartitionMarker {
  const { producerId, producerEpoch, outcome, coordinatorEpoch, transactionVersion } = markers
  return { producerId, producerEpoch, outcome, coordinatorEpoch, transactionVersion }
}
