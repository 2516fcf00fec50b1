/** The SCRAM credentials of users (KIP-554). Passwords stay here: brokers get what follows from them. */
import { ErrorCode, type ScramMechanism, scramKeys } from '@ottla/protocol'
import { ALTER_USER_SCRAM_CREDENTIALS, DESCRIBE_USER_SCRAM_CREDENTIALS } from '../apis.ts'
import type { CallContext, CallOptions, Cluster } from '../cluster/cluster.ts'
import { BrokerError, throwBrokerError } from '../errors.ts'
import { failed, type Outcome, outcomeOf } from './outcome.ts'
import { checkController } from './topics.ts'

export interface ScramCredential {
  /** `UNKNOWN`: one that this client does not know. */
  readonly mechanism: ScramMechanism | 'UNKNOWN'
  readonly iterations: number
}

export type ScramChange =
  | {
      readonly kind: 'upsert'
      readonly user: string
      readonly mechanism: ScramMechanism
      readonly password: string
      /** Default 8,192. Kafka takes 4,096 to 16,384. */
      readonly iterations?: number
      /** Default: a random one. */
      readonly salt?: Buffer
    }
  | { readonly kind: 'delete'; readonly user: string; readonly mechanism: ScramMechanism }

const MECHANISMS = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 } as const
const NAMES = new Map<number, ScramMechanism>(
  Object.entries(MECHANISMS).map(([name, number]) => [number, name as ScramMechanism]),
)
const DEFAULT_ITERATIONS = 8192
const SALT_BYTES = 24

export class ScramCredentialsAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** By user; of all users that have any, where none are named. A user that has none fails with RESOURCE_NOT_FOUND. */
  async describe(
    users: readonly string[] | null = null,
    options: CallOptions = {},
  ): Promise<Map<string, Outcome<ScramCredential[]>>> {
    const { results } = await this.#cluster.call(
      {
        target: { kind: 'any' },
        api: DESCRIBE_USER_SCRAM_CREDENTIALS,
        init: { users: users === null ? null : users.map((name) => ({ name })) },
        what: 'describe SCRAM credentials',
        check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
      },
      this.#cluster.context(options),
    )
    return new Map(
      results.map((result) => {
        const credentials = () =>
          result.credentialInfos.map(({ mechanism, iterations }) => ({
            mechanism: NAMES.get(mechanism) ?? ('UNKNOWN' as const),
            iterations,
          }))
        return [result.user, outcomeOf(result, {}, credentials)]
      }),
    )
  }

  /**
   * Outcomes by user. Apache Kafka takes one change of a user in a request: further ones follow in requests of their own, up to the first that
   * is refused.
   */
  async alter(changes: readonly ScramChange[], options: CallOptions = {}): Promise<Map<string, Outcome<void>>> {
    const context = this.#cluster.context(options)
    const outcomes = new Map<string, Outcome<void>>()
    for (const change of changes) {
      if (change.kind !== 'upsert' || change.password !== '') continue
      const error = new BrokerError(ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Password must not be empty')
      outcomes.set(change.user, failed(error))
    }
    for (let left = changes.filter(({ user }) => !outcomes.has(user)); left.length > 0; ) {
      const users = new Set<string>()
      const now = left.filter(({ user }) => !users.has(user) && users.add(user))
      for (const [user, outcome] of await this.#alterOnce(now, context)) outcomes.set(user, outcome)
      left = left.filter((change) => !now.includes(change) && outcomes.get(change.user)?.kind === 'done')
    }
    return outcomes
  }

  /** At most one change of each user. */
  async #alterOnce(changes: readonly ScramChange[], context: CallContext): Promise<Map<string, Outcome<void>>> {
    const deletions = changes.flatMap((change) =>
      change.kind === 'delete' ? [{ name: change.user, mechanism: MECHANISMS[change.mechanism] }] : [],
    )
    const upsertions = changes.flatMap((change) => (change.kind === 'upsert' ? [this.#upsertion(change)] : []))
    const { results } = await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: ALTER_USER_SCRAM_CREDENTIALS,
        init: { deletions, upsertions },
        what: 'alter SCRAM credentials',
        check: ({ results: answers }) => checkController(answers),
      },
      context,
    )
    return new Map(results.map((result) => [result.user, outcomeOf(result, {}, () => undefined)]))
  }

  #upsertion(change: Extract<ScramChange, { kind: 'upsert' }>) {
    const { user, mechanism, password, iterations = DEFAULT_ITERATIONS } = change
    const salt = change.salt ?? this.#cluster.env.random.bytes(SALT_BYTES)
    // Iterations that the broker refuses are its to refuse; they are not worked off before.
    const isSane = Number.isInteger(iterations) && iterations > 0 && iterations <= MAX_ITERATIONS
    const saltedPassword = isSane
      ? scramKeys(mechanism, password, { salt, iterations }).saltedPassword
      : Buffer.alloc(0)
    return { name: user, mechanism: MECHANISMS[mechanism], iterations, salt, saltedPassword }
  }
}

/** What takes this client a tenth of a second. */
const MAX_ITERATIONS = 100_000
