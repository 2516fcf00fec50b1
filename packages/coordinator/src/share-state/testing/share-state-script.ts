/**
 * Scripts for the share coordinator: commands in, the whole trace out.
 *
 *     == a case begins with nothing
 *     > init g t-0 epoch=1 start=5
 *     append: snapshot g:t-0 #0 epoch 1 leader 0 from 5 done 0 []    a record that was written: number of the snapshot, …
 *     init t-0 NONE                                                  the answer
 *     prune below 7                                                  records that the log is to drop
 *
 * A share partition is `t-0`; batches are `0-9:available:1`, a single offset `5:archived:2`.
 *
 *     init G t-0 … [epoch=N] [start=N]   read G t-0 … [leader=N]   summary G t-0 …   delete G t-0 …
 *     write G t-0 [epoch=N] [leader=N] [start=N] [done=N] [batch …]
 *     create TOPIC | drop TOPIC   advance MS   hold | commit-log | fail (of what is written)   refuse ERROR | accept
 *     unload | load | while-loading COMMAND | restart   config key=value …
 */
import { ErrorCode, errorOf } from '@ottla/protocol'
import type { NewRecord } from '../../ports.ts'
import {
  carryOut,
  fixtureCommands,
  type Handlers,
  runScript as runScriptOf,
  type Script,
  Trace,
} from '../../testing/script.ts'
import { decodeShareStateRecord } from '../share-state-record-codec.ts'
import type { StateBatch } from '../state-batches.ts'
import { ShareStateFixture, topicIdOf } from './share-state-fixture.ts'

const STATES = ['available', 'acquired', 'acknowledged', 'archiving', 'archived']

interface Results<P> {
  readonly results: readonly { readonly topicId: string; readonly partitions: readonly P[] }[]
}

interface Result {
  readonly partition: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

export class ShareStateScript implements Script {
  readonly fixture = new ShareStateFixture()
  readonly #trace = new Trace()

  async start(): Promise<void> {
    const { fixture } = this
    fixture.log.onAppend = (records) => {
      for (const record of records) this.#trace.push(`append: ${printRecord(record)}`)
    }
    fixture.log.onDelete = (offset) => this.#trace.push(`prune below ${offset}`)
    await fixture.load()
    this.#trace.take()
    fixture.lines.length = 0
  }

  /** Runs a command line, and gives what it brought about. */
  async run(line: string): Promise<string[]> {
    await carryOut(line, this.#handlers)
    await this.fixture.turns()
    for (const said of this.fixture.lines.splice(0)) if (!/loaded a partition|^debug/.test(said)) this.#trace.push(said)
    return this.#trace.take()
  }

  readonly #handlers: Handlers = {
    ...fixtureCommands(this.fixture),
    init: ({ words, options }) => {
      const [groupId, ...partitions] = words as [string]
      const rest = { stateEpoch: number(options, 'epoch', 0), startOffset: number(options, 'start', -1) }
      const request = requestOf(groupId, partitions, rest)
      this.#answer('init', this.fixture.coordinator.initializeState(request), () => '')
    },
    read: ({ words, options }) => {
      const [groupId, ...partitions] = words as [string]
      const request = requestOf(groupId, partitions, { leaderEpoch: number(options, 'leader', -1) })
      this.#answer(
        'read',
        this.fixture.coordinator.readState(request),
        ({ stateEpoch, startOffset, stateBatches }) =>
          ` epoch ${stateEpoch} from ${startOffset} [${printBatches(stateBatches)}]`,
      )
    },
    write: ({ words, options }) => {
      const [groupId, partition, ...batches] = words as [string, string]
      const request = requestOf(groupId, [partition], {
        stateEpoch: number(options, 'epoch', 0),
        leaderEpoch: number(options, 'leader', 0),
        startOffset: number(options, 'start', -1),
        deliveryCompleteCount: number(options, 'done', -1),
        stateBatches: batches.map(batchOf),
      })
      this.#answer('write', this.fixture.coordinator.writeState(request), () => '')
    },
    delete: ({ words }) => {
      const [groupId, ...partitions] = words as [string]
      this.#answer('delete', this.fixture.coordinator.deleteState(requestOf(groupId, partitions, {})), () => '')
    },
    summary: ({ words }) => {
      const [groupId, ...partitions] = words as [string]
      const request = requestOf(groupId, partitions, { leaderEpoch: 0 })
      this.#answer('summary', this.fixture.coordinator.readStateSummary(request), (summary) => {
        const { stateEpoch, leaderEpoch, startOffset, deliveryCompleteCount } = summary
        return ` epoch ${stateEpoch} leader ${leaderEpoch} from ${startOffset} done ${deliveryCompleteCount}`
      })
    },
    create: ({ words }) => void this.fixture.topics.names.add(words[0]!),
    drop: ({ words }) => {
      this.fixture.topics.names.delete(words[0]!)
      void this.fixture.coordinator.topicsDeleted()
    },
    'while-loading': ({ words, options }) => {
      void this.fixture.beginLoad()
      const [name, ...rest] = words as [string]
      this.#handlers[name]?.({ name, words: rest, options })
    },
    config: ({ options }) => {
      for (const [key, value] of options) this.fixture.config = { ...this.fixture.config, [key]: Number(value) }
    },
  }

  #answer<P extends Result>(name: string, answer: Promise<Results<P>>, print: (result: P) => string): void {
    void answer.then(({ results }) => {
      if (results.length === 0) this.#trace.push(`${name} nothing`)
      for (const { topicId, partitions } of results)
        for (const result of partitions) {
          const { partition, errorCode, errorMessage } = result
          const error = errorOf(errorCode)
          const message = errorMessage === null || errorMessage === error.message ? '' : ` (${errorMessage})`
          const rest = errorCode === ErrorCode.NONE ? print(result) : message
          this.#trace.push(`${name} ${topicNameOf(topicId)}-${partition} ${error.name}${rest}`)
        }
    })
  }
}

function requestOf<P extends object>(groupId: string, partitions: readonly string[], rest: P) {
  const topics = partitions.map((word) => {
    const at = word.indexOf('-')
    return { topicId: topicIdOf(word.slice(0, at)), partitions: [{ partition: Number(word.slice(at + 1)), ...rest }] }
  })
  return { groupId, topics }
}

function topicNameOf(id: string): string {
  return id.replace(/A+$/, '')
}

function printRecord({ key, value }: NewRecord): string {
  const record = decodeShareStateRecord({ offset: 0, key, value })
  if (record.kind === 'skipped') return `? ${record.reason}`
  const { groupId, topicId, partition } =
    record.kind === 'tombstone' ? record.key : record.kind === 'update' ? record.update.key : record.state.key
  const name = `${groupId}:${topicNameOf(topicId)}-${partition}`
  if (record.kind === 'tombstone') return `${name} deleted`
  const said = record.kind === 'update' ? record.update : record.state
  const { snapshotEpoch, leaderEpoch, startOffset, deliveryCompleteCount, batches } = said
  const epoch = record.kind === 'snapshot' ? ` epoch ${record.state.stateEpoch}` : ''
  const rest = `leader ${leaderEpoch} from ${startOffset} done ${deliveryCompleteCount} [${printBatches(batches)}]`
  return `${record.kind} ${name} #${snapshotEpoch}${epoch} ${rest}`
}

function printBatches(batches: readonly StateBatch[]): string {
  return batches
    .map(({ firstOffset, lastOffset, deliveryState, deliveryCount }) => {
      const range = firstOffset === lastOffset ? `${firstOffset}` : `${firstOffset}-${lastOffset}`
      return `${range}:${STATES[deliveryState]}:${deliveryCount}`
    })
    .join(' ')
}

function batchOf(word: string): StateBatch {
  const [range = '', state = '', count = ''] = word.split(':')
  const [first, last = first] = range.split('-').map(Number)
  return {
    firstOffset: first!,
    lastOffset: last!,
    deliveryState: STATES.indexOf(state),
    deliveryCount: Number(count),
  }
}

function number(options: ReadonlyMap<string, string>, key: string, otherwise: number): number {
  const value = options.get(key)
  return value === undefined ? otherwise : Number(value)
}

/** Runs a whole script; gives the text as it should be. */
export function runScript(text: string): Promise<string> {
  return runScriptOf(text, () => new ShareStateScript())
}
