/** Reads a partition from its start to its end and holds it against all that clients were told, then asks for places in it. */
import type { PartitionHistory, ReadRecord } from '../model/history.ts'
import type { ModelClient } from '../model/model-client.ts'
import { EARLIEST, endOffsetOfEpoch, LATEST, listOffset, MAX_TIMESTAMP } from '../model/model-offsets.ts'
import { fetchOnce, type ScannedLog, scanLog } from '../model/model-reader.ts'
import type { ModelPartition } from '../model/model-topic.ts'
import { Violation } from '../model/retry.ts'

const LOOKUPS = 5

/** Throws Violation; TryAgain and WireError when the broker went away meanwhile. Others may go on appending. */
export async function checkPartition(
  client: ModelClient,
  target: ModelPartition,
  { history, depth }: { readonly history: PartitionHistory; readonly depth: Depth },
): Promise<void> {
  const toldEnd = history.endOffset
  const { offset: start } = await listOffset(client, target, EARLIEST)
  if (start > history.deletedBefore) {
    throw new Violation(`${history.name} starts at ${start}; nobody asked for more than ${history.deletedBefore}`)
  }
  const log = await scanLog(client, target, start)
  if (log.endOffset < toldEnd) {
    const [lost] = [...history.told].filter(([offset]) => offset >= log.endOffset)
    throw new Violation(`${history.name} ends at ${log.endOffset}: ${lost?.[1]} was told to be at ${lost?.[0]}`)
  }
  const records = recordsOf(log, start)
  checkDense(records, { start, end: log.endOffset }, history)
  checkOnce(records, history)
  await checkEpochs(client, target, log)
  await checkOffsets(client, target, log)
  await checkTimes(client, target, { records, endOffset: log.endOffset, depth })
}

function recordsOf(log: ScannedLog, start: number): ReadRecord[] {
  return log.batches.flatMap(({ records }) => records).filter(({ offset }) => offset >= start)
}

function checkDense(
  records: readonly ReadRecord[],
  range: { readonly start: number; readonly end: number },
  history: PartitionHistory,
): void {
  let expected = range.start
  for (const record of records) {
    if (record.offset !== expected)
      throw new Violation(`${history.name}: offset ${record.offset} after ${expected - 1}`)
    expected++
    history.read(record)
  }
  if (expected !== range.end) throw new Violation(`${history.name} ends at ${expected}, not at ${range.end}`)
}

function checkOnce(records: readonly ReadRecord[], history: PartitionHistory): void {
  const seen = new Map<string, number>()
  for (const record of records) {
    const { id, isIdempotent } = history.check(record)
    const before = seen.get(id)
    if (isIdempotent && before !== undefined && !history.mayRepeat.has(id)) {
      throw new Violation(`${history.name}: ${id} of an idempotent producer is at ${before} and at ${record.offset}`)
    }
    seen.set(id, record.offset)
  }
}

/** Leader epochs grow along the log, and the broker knows where each ends. */
async function checkEpochs(client: ModelClient, target: ModelPartition, log: ScannedLog): Promise<void> {
  const starts: { readonly epoch: number; readonly offset: number }[] = []
  for (const { leaderEpoch, baseOffset } of log.batches) {
    const last = starts.at(-1)
    if (leaderEpoch < 0) throw new Violation(`the batch at ${baseOffset} has no leader epoch`)
    if (last !== undefined && leaderEpoch < last.epoch) {
      throw new Violation(`epoch ${leaderEpoch} at offset ${baseOffset} follows epoch ${last.epoch}`)
    }
    if (last?.epoch !== leaderEpoch) starts.push({ epoch: leaderEpoch, offset: baseOffset })
  }
  for (const [at, { epoch }] of starts.entries()) {
    if (starts.length > LOOKUPS && !client.random.chance(LOOKUPS / starts.length)) continue
    const next = starts[at + 1]
    const found = await endOffsetOfEpoch(client, target, epoch)
    const isRight = next === undefined ? found.endOffset >= log.endOffset : found.endOffset === next.offset
    if (found.leaderEpoch !== epoch || !isRight) {
      throw new Violation(
        `epoch ${epoch} ends at ${found.endOffset} (of epoch ${found.leaderEpoch}); the log says ${next?.offset ?? log.endOffset}`,
      )
    }
  }
}

/** Any offset leads to the batch that holds it. */
async function checkOffsets(client: ModelClient, target: ModelPartition, log: ScannedLog): Promise<void> {
  if (log.batches.length === 0) return
  for (let n = 0; n < LOOKUPS; n++) {
    const batch = client.random.pick(log.batches)
    const offset = Math.max(log.logStartOffset, client.random.between(batch.baseOffset, batch.nextOffset - 1))
    if (offset >= batch.nextOffset) continue
    const { batches } = await fetchOnce(client, target, { offset, maxBytes: 1, maxWaitMs: 0 })
    const found = batches[0]
    if (found === undefined || found.baseOffset !== batch.baseOffset || found.nextOffset !== batch.nextOffset) {
      throw new Violation(`offset ${offset} led to batch ${found?.baseOffset}, not ${batch.baseOffset}`)
    }
  }
}

/** 'thorough': every place that only one segment can answer for is asked. */
export type Depth = 'quick' | 'thorough'

interface Scanned {
  readonly depth: Depth
  readonly records: readonly ReadRecord[]
  readonly endOffset: number
}

async function checkTimes(client: ModelClient, target: ModelPartition, scanned: Scanned): Promise<void> {
  const { records, endOffset } = scanned
  const latest = await listOffset(client, target, LATEST)
  if (latest.offset < endOffset) throw new Violation(`the end was ${endOffset} and is ${latest.offset}`)
  if (records.length === 0) return
  const peaks = peaksOf(records)
  // What is later than all before it is found nowhere else.
  const near = scanned.depth === 'thorough' ? peaks : [client.random.pick(peaks), client.random.pick(peaks)]
  for (const record of [...near, client.random.pick(records), client.random.pick(records)]) {
    const timestampMs = record.timestampMs + client.random.between(-1, 1)
    const expected = records.find((each) => each.timestampMs >= timestampMs)
    const found = await listOffset(client, target, timestampMs)
    // What came after the scan may be what is found.
    const isRight =
      expected === undefined
        ? found.offset === -1 || found.offset >= endOffset
        : found.offset === expected.offset && found.timestampMs === expected.timestampMs
    if (!isRight) {
      throw new Violation(
        `time ${timestampMs} led to offset ${found.offset}, not ${expected?.offset ?? 'behind the end'}`,
      )
    }
  }
  await checkMaxTimestamp(client, target, scanned)
}

/** The records whose timestamp is larger than all before. */
function peaksOf(records: readonly ReadRecord[]): ReadRecord[] {
  let highest = Number.NEGATIVE_INFINITY
  return records.filter(({ timestampMs }) => {
    const isPeak = timestampMs > highest
    if (isPeak) highest = timestampMs
    return isPeak
  })
}

async function checkMaxTimestamp(client: ModelClient, target: ModelPartition, scanned: Scanned): Promise<void> {
  const { records, endOffset } = scanned
  const highest = records.reduce((max, { timestampMs }) => Math.max(max, timestampMs), -1)
  const found = await listOffset(client, target, MAX_TIMESTAMP)
  // Of what is being written nothing is told, nor of what it outshines.
  if (found.offset >= endOffset || found.offset === -1) return
  // As in Kafka, a record counts while its segment is there, below the log start too; of two with the same time the first one.
  if (found.offset < records[0]!.offset && found.timestampMs >= highest) return
  const at = records.find(({ offset }) => offset === found.offset)
  if (at?.timestampMs !== highest || found.timestampMs !== highest) {
    throw new Violation(`the largest time is ${highest}; offset ${found.offset} with ${found.timestampMs} was found`)
  }
}
