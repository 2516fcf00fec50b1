/** The commands of scripts that are about offsets within transactions; `group-script.ts` says what they look like. */
import { type Init, TxnOffsetCommitResponse, WriteTxnMarkersResponse, ZERO_UUID } from '@ottla/protocol'
import type { Command } from '../../testing/script.ts'
import type { Answer } from './consumer-commands.ts'
import type { GroupFixture } from './group-fixture.ts'
import { contextOf } from './group-script.ts'
import { printError } from './print.ts'

export interface Committer {
  readonly memberId: string
  readonly generationId: number
  readonly groupInstanceId: string | null
}

export interface TransactionCommandsOptions {
  readonly fixture: GroupFixture
  readonly answer: Answer
  /** Who the client of that name is to the group. */
  readonly identityOf: (name: string, options: ReadonlyMap<string, string>) => Committer
}

export class TransactionCommands {
  readonly #options: TransactionCommandsOptions

  constructor(options: TransactionCommandsOptions) {
    this.#options = options
  }

  readonly handlers: Record<string, (command: Command) => unknown> = {
    'txn-commit': (command) => this.#commit(command),
    marker: (command) => this.#marker(command),
  }

  #commit({ words, options }: Command): void {
    const { fixture, answer, identityOf } = this.#options
    const [groupId = '', name = ''] = words
    const context = contextOf(name, options, 5)
    const nobody = { memberId: '', generationId: -1, groupInstanceId: null }
    const { memberId, generationId, groupInstanceId } = name === '-' ? nobody : identityOf(name, options)
    const [producerId, producerEpoch] = producerOf(options.get('producer') ?? '1')
    const offsets = [...options].filter(([key]) => /^\w+-\d+$/.test(key))
    const request = {
      transactionalId: 'app',
      groupId,
      producerId,
      producerEpoch,
      generationIdOrMemberEpoch: generationId,
      memberId,
      groupInstanceId,
      topics: offsets.map(([key, value]) => {
        const [topic = '', partition = ''] = key.split('-')
        const [offset, metadata = ''] = value.split(':')
        const committed = { committedOffset: Number(offset), committedLeaderEpoch: -1, committedMetadata: metadata }
        return { name: topic, topicId: ZERO_UUID, partitions: [{ partitionIndex: Number(partition), ...committed }] }
      }),
    }
    answer(
      `${name}: txn-commit`,
      fixture.coordinator.txnOffsetCommit(request, context),
      ({ topics = [] }) =>
        topics.flatMap(({ partitions = [] }) => partitions.map(({ errorCode }) => printError(errorCode))).join(', '),
      { schema: TxnOffsetCommitResponse, version: context.apiVersion },
    )
  }

  #marker({ words }: Command): void {
    const { fixture, answer } = this.#options
    const [producerId, producerEpoch] = producerOf(words[0] ?? '1')
    const outcome = words[1] === 'abort' ? 'abort' : 'commit'
    const marker = { producerId, producerEpoch, outcome, coordinatorEpoch: 0, transactionVersion: 2 } as const
    const written = fixture.coordinator
      .completeTransaction(0, marker)
      .then((): Init<typeof WriteTxnMarkersResponse> => ({}))
    answer(`marker of ${producerId}`, written, () => outcome, { schema: WriteTxnMarkersResponse, version: 2 })
  }
}

/** `7` or `7:3`: an id, maybe with its epoch. */
function producerOf(text: string): [producerId: number, producerEpoch: number] {
  const [id = '', epoch = '0'] = text.split(':')
  return [Number(id), Number(epoch)]
}
