/** Delegation tokens: short-lived credentials that one principal has another use (KIP-48, KIP-373). */
import {
  CREATE_DELEGATION_TOKEN,
  DESCRIBE_DELEGATION_TOKEN,
  EXPIRE_DELEGATION_TOKEN,
  RENEW_DELEGATION_TOKEN,
} from '../apis.ts'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { ArgumentError, throwBrokerError } from '../errors.ts'

export interface DelegationToken {
  readonly tokenId: string
  /** The secret: it signs its owner in, and renews and ends the token. */
  readonly hmac: Buffer
  /** `User:name`. */
  readonly owner: string
  /** Who asked for it; empty when the broker is too old to tell. */
  readonly requester: string
  readonly renewers: readonly string[]
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** Beyond this it cannot be renewed. */
  readonly maxAt: number
}

export interface CreateTokenOptions extends CallOptions {
  /** Another than the caller, who must be allowed to (KIP-373). */
  readonly owner?: string
  /** Who may renew it besides its owner. */
  readonly renewers?: readonly string[]
  /** Default: delegation.token.max.lifetime.ms of the brokers. */
  readonly maxLifetimeMs?: number
}

const OWNERS_SINCE = 3

export class DelegationTokensAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** For the caller, who must have said who it is. */
  async create(options: CreateTokenOptions = {}): Promise<DelegationToken> {
    const { owner, renewers = [], maxLifetimeMs = -1 } = options
    const wireOwner = owner === undefined ? null : wirePrincipal(owner)
    const wireRenewers = renewers.map(wirePrincipal)
    const answer = await this.#cluster.call(
      {
        target: { kind: 'any' },
        api: CREATE_DELEGATION_TOKEN,
        init: (version) => ({
          ...(version >= OWNERS_SINCE || wireOwner !== null
            ? {
                ownerPrincipalType: wireOwner?.principalType ?? null,
                ownerPrincipalName: wireOwner?.principalName ?? null,
              }
            : {}),
          renewers: wireRenewers,
          maxLifetimeMs,
        }),
        what: 'create a delegation token',
        check: ({ errorCode }) => throwBrokerError(errorCode),
      },
      this.#cluster.context(options),
    )
    return {
      tokenId: answer.tokenId,
      hmac: answer.hmac,
      owner: principalOf(answer),
      requester: requesterOf(answer),
      renewers: [...renewers],
      issuedAt: answer.issueTimestampMs,
      expiresAt: answer.expiryTimestampMs,
      maxAt: answer.maxTimestampMs,
    }
  }

  /** Gives when the token expires now. `periodMs`: default, delegation.token.expiry.time.ms of the brokers. */
  async renew(hmac: Buffer, options: CallOptions & { readonly periodMs?: number } = {}): Promise<number> {
    const { expiryTimestampMs } = await this.#cluster.call(
      {
        target: { kind: 'any' },
        api: RENEW_DELEGATION_TOKEN,
        init: { hmac, renewPeriodMs: options.periodMs ?? -1 },
        what: 'renew a delegation token',
        check: ({ errorCode }) => throwBrokerError(errorCode),
      },
      this.#cluster.context(options),
    )
    return expiryTimestampMs
  }

  /** Has the token expire after `periodMs`; at once where none is given. Gives the time at which it does. */
  async expire(hmac: Buffer, options: CallOptions & { readonly periodMs?: number } = {}): Promise<number> {
    const { expiryTimestampMs } = await this.#cluster.call(
      {
        target: { kind: 'any' },
        api: EXPIRE_DELEGATION_TOKEN,
        init: { hmac, expiryTimePeriodMs: options.periodMs ?? -1 },
        what: 'expire a delegation token',
        check: ({ errorCode }) => throwBrokerError(errorCode),
      },
      this.#cluster.context(options),
    )
    return expiryTimestampMs
  }

  /** Tokens that the caller may see: of the owners, or of everybody. */
  async describe(options: CallOptions & { readonly owners?: readonly string[] } = {}): Promise<DelegationToken[]> {
    const owners = options.owners === undefined ? null : options.owners.map(wirePrincipal)
    const { tokens } = await this.#cluster.call(
      {
        target: { kind: 'any' },
        api: DESCRIBE_DELEGATION_TOKEN,
        init: { owners },
        what: 'describe delegation tokens',
        check: ({ errorCode }) => throwBrokerError(errorCode),
      },
      this.#cluster.context(options),
    )
    return tokens.map((token) => ({
      tokenId: token.tokenId,
      hmac: token.hmac,
      owner: principalOf(token),
      requester: requesterOf(token),
      renewers: token.renewers.map(principalOf),
      issuedAt: token.issueTimestamp,
      expiresAt: token.expiryTimestamp,
      maxAt: token.maxTimestamp,
    }))
  }
}

interface WirePrincipal {
  readonly principalType: string
  readonly principalName: string
}

function wirePrincipal(text: string): WirePrincipal {
  const at = text.indexOf(':')
  if (at <= 0 || at === text.length - 1) {
    throw new ArgumentError(`expected a string in format principalType:principalName but got ${text}`)
  }
  return { principalType: text.slice(0, at), principalName: text.slice(at + 1) }
}

function principalOf({ principalType, principalName }: WirePrincipal): string {
  return `${principalType}:${principalName}`
}

function requesterOf(token: {
  readonly tokenRequesterPrincipalType: string
  readonly tokenRequesterPrincipalName: string
}): string {
  const { tokenRequesterPrincipalType: type, tokenRequesterPrincipalName: name } = token
  return type === '' ? '' : `${type}:${name}`
}
