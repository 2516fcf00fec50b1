/** SASL OAUTHBEARER (RFC 7628): a token that somebody else has given out, with extensions (KIP-342). */
import type { Env } from '@ottla/env'
import { SaslError, type SaslExchange, type SaslMechanism, type SaslWorld } from './sasl-mechanism.ts'

export interface OauthToken {
  /** The token, in what RFC 6750 allows. */
  readonly value: string
  /** How long it is good from now on. Default: what the token itself says (`exp` of a JWT); without that, each connection asks for another. */
  readonly lifetimeMs?: number
  /** What else the broker is told, by name. */
  readonly extensions?: Readonly<Record<string, string>>
}

/** Asked for a token when one is needed. A rejection is tried again later, unless its error says `retriable: false`. */
export type OauthTokenProvider = (world: SaslWorld) => Promise<OauthToken>

/** A token that has lived for this part of its time is replaced (sasl.login.refresh.window.factor). */
const REFRESH_AFTER = 0.8
const PROVIDER_MS = 30_000
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/
const EXTENSION_NAME = /^[A-Za-z]+$/
const EXTENSION_VALUE = /^[\x21-\x7e \t\r\n]+$/
/** What a client says to a server that has told why it refuses, so that it can end the exchange. */
const ACKNOWLEDGED = Buffer.from([0x01])

export class OauthBearerMechanism implements SaslMechanism {
  readonly name = 'OAUTHBEARER'
  readonly #provider: OauthTokenProvider
  #current: { readonly token: OauthToken; readonly goodUntil: number } | null = null
  #asking: Promise<OauthToken> | null = null

  constructor(provider: OauthTokenProvider) {
    this.#provider = provider
  }

  async begin(world: SaslWorld): Promise<SaslExchange> {
    const now = world.env.clock.monotonic()
    const known = this.#current
    const token = known !== null && now < known.goodUntil ? known.token : await this.#ask(world)
    return exchange(token)
  }

  /** One question for all connections that need a token at the same time. */
  #ask(world: SaslWorld): Promise<OauthToken> {
    this.#asking ??= this.#askNow(world).finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #askNow(world: SaslWorld): Promise<OauthToken> {
    const { clock } = world.env
    const token = checked(await inTime(world.env, this.#provider(world)))
    const lifetimeMs = token.lifetimeMs ?? lifetimeOfJwt(token.value, clock.now()) ?? 0
    this.#current = { token, goodUntil: clock.monotonic() + lifetimeMs * REFRESH_AFTER }
    return token
  }
}

/** A provider that never answers must not keep a connection from being tried again. */
function inTime(env: Env, asked: Promise<OauthToken>): Promise<OauthToken> {
  return new Promise((resolve, reject) => {
    const timer = env.timers.after(PROVIDER_MS, () => reject(new Error(`no token within ${PROVIDER_MS} ms`)))
    asked.then(resolve, reject).finally(() => timer.cancel())
  })
}

function exchange({ value, extensions = {} }: OauthToken): SaslExchange {
  const pairs = [['auth', `Bearer ${value}`], ...Object.entries(extensions)].map(
    ([name, text]) => `${name}=${text}\x01`,
  )
  let refusal: string | null = null
  return {
    initial: Buffer.from(`n,,\x01${pairs.join('')}\x01`, 'utf8'),
    respond: (challenge) => {
      // Kafka answers the acknowledgement with an error code, which ends the exchange; others might not.
      if (refusal !== null) throw new SaslError(refusal)
      if (challenge.length === 0) return null
      refusal = `the broker does not accept the token: ${printable(challenge)}`
      return ACKNOWLEDGED
    },
  }
}

function checked(token: OauthToken): OauthToken {
  if (typeof token?.value !== 'string' || !TOKEN.test(token.value)) {
    throw new SaslError('the token provider gave what is no bearer token')
  }
  for (const [name, value] of Object.entries(token.extensions ?? {})) {
    const isFit = EXTENSION_NAME.test(name) && name !== 'auth' && EXTENSION_VALUE.test(value)
    if (!isFit) throw new SaslError(`the extension ${JSON.stringify(name)} of the token has no fit name or value`)
  }
  return token
}

/** What is left of the time of a JSON web token (RFC 7519); undefined for tokens of other kinds. Its signature is the broker's to check. */
function lifetimeOfJwt(value: string, now: number): number | undefined {
  const [, payload, signature] = value.split('.')
  if (payload === undefined || signature === undefined) return undefined
  try {
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { exp?: unknown }
    return typeof exp === 'number' ? Math.max(0, exp * 1000 - now) : undefined
  } catch {
    return undefined
  }
}

function printable(bytes: Buffer): string {
  return bytes.toString('utf8', 0, 500).replaceAll(/[^\x20-\x7e]/g, '?')
}
