/** What the fixtures of all coordinators have in common: one partition over a log in memory, in a time that tests advance. */
import { ApiError, ErrorCode } from '@ottla/protocol'
import type { ManualTime } from '@ottla/runtime/testing'
import { assert } from '@ottla/stdx'
import type { CoordinatorLogger, PartitionWriter, StoredBatches } from '../ports.ts'
import type { MemoryLog } from './memory-log.ts'

/** What all coordinators can be told of a partition. */
export interface PartitionsCoordinator {
  load(
    partition: number,
    epoch: number,
    log: { readonly batches: StoredBatches; readonly writer: PartitionWriter },
  ): Promise<string>
  unload(partition: number, epoch: number): void
  committed(partition: number, epoch: number, offset: number): void
  failed(partition: number, epoch: number, failure: { error: Error; logEndOffset: number }): void
  close(): void
}

export interface CoordinatorFixture {
  readonly time: ManualTime
  readonly log: MemoryLog
  readonly coordinator: PartitionsCoordinator
  epoch: number
  /** What was appended commits at once. */
  commitsAtOnce: boolean
  committedOffset: number
  load(): Promise<void>
  unload(): void
  /** A new process: nothing is left but the log. */
  restart(): Promise<void>
  commit(offset?: number): void
  /** The write of all that is not committed fails. */
  fail(): void
  /** Lets promises run, and what is due now. */
  turns(): Promise<void>
}

/** Begins to load in a new epoch; what comes before the loading goes on finds the partition loading. */
export function beginLoad(fixture: CoordinatorFixture): Promise<string> {
  fixture.epoch += 1
  const { epoch, log } = fixture
  fixture.committedOffset = log.endOffset
  const written = (end: number): number => {
    if (fixture.commitsAtOnce) fixture.commit(end)
    return end
  }
  const assertLeads = (): void => assert(epoch === fixture.epoch, 'only the leader of the present epoch writes')
  return fixture.coordinator.load(0, epoch, {
    batches: log.batches(),
    writer: {
      append: (records, options) => {
        assertLeads()
        return written(log.append(records, options))
      },
      appendMarker: (marker) => {
        assertLeads()
        return written(log.appendMarker(marker))
      },
      deleteRecordsBefore: (offset) => log.deleteRecordsBefore(offset),
    },
  })
}

export async function load(fixture: CoordinatorFixture): Promise<void> {
  const loading = beginLoad(fixture)
  // A long log is loaded in turns, each of which waits for a timer.
  let isLoaded = false
  void loading.finally(() => {
    isLoaded = true
  })
  while (!isLoaded) await fixture.turns()
  assert((await loading) === 'active', 'the partition was loaded')
}

export function commit(fixture: CoordinatorFixture, offset: number): void {
  fixture.committedOffset = Math.max(fixture.committedOffset, offset)
  fixture.coordinator.committed(0, fixture.epoch, fixture.committedOffset)
}

export function fail({ log, coordinator, epoch, committedOffset }: CoordinatorFixture): void {
  log.truncateTo(committedOffset)
  const error = new ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
  coordinator.failed(0, epoch, { error, logEndOffset: committedOffset })
}

export async function turns(time: ManualTime): Promise<void> {
  for (let i = 0; i < 30; i++) {
    time.advance(0)
    await Promise.resolve()
  }
}

/** A log of the coordinator that writes into `lines`: `warn: text {"field":1}`. */
export function loggerInto(lines: string[]): CoordinatorLogger {
  const say =
    (level: string) =>
    (text: string, fields: Readonly<Record<string, unknown>> = {}) =>
      lines.push(`${level}: ${text} ${JSON.stringify(fields)}`)
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
}
