/**
 * The client's side of SCRAM (RFC 5802, RFC 7677), as Kafka speaks it: without channel binding, with delegation tokens in place of a password
 * on demand (KIP-48). The server has to prove itself too.
 */
import {
  type ScramKeys,
  type ScramMechanism as ScramName,
  scramAuthMessage,
  scramClientProof,
  scramKeys,
  scramName,
  scramServerSignature,
} from '@ottla/protocol'
import { SaslError, type SaslExchange, type SaslMechanism, type SaslWorld } from './sasl-mechanism.ts'

export interface ScramCredentials {
  /** The name of a user, or the id of a delegation token. */
  readonly username: string
  /** The password, or the token's HMAC in base64. */
  readonly password: string
  readonly isDelegationToken?: boolean
  /** More than that, a server may not ask for: each one costs time. Default 16,384, as Kafka allows. */
  readonly maxIterations?: number
}

/** Fewer would make the password easy to guess for whoever listens (RFC 7677). */
const MIN_ITERATIONS = 4096
const DEFAULT_MAX_ITERATIONS = 16_384
const NONCE_BYTES = 24
const GS2_HEADER = 'n,,'

export class ScramClient implements SaslMechanism {
  readonly name: ScramName
  readonly #credentials: ScramCredentials
  /** Salt and iterations of a user rarely change, and the keys are costly. */
  #known: { readonly of: string; readonly keys: ScramKeys } | null = null

  /** Throws SaslError. */
  constructor(name: ScramName, credentials: ScramCredentials) {
    if (credentials.username === '') throw new SaslError('the user name is empty')
    this.name = name
    this.#credentials = credentials
  }

  begin({ env }: SaslWorld): Promise<SaslExchange> {
    return Promise.resolve(this.exchange(env.random.bytes(NONCE_BYTES).toString('base64url')))
  }

  /** An exchange with this nonce, which has to be a fresh one. */
  exchange(nonce: string): SaslExchange {
    const { username, isDelegationToken } = this.#credentials
    const bare = `n=${scramName(username)},r=${nonce}${isDelegationToken ? ',tokenauth=true' : ''}`
    let serverSignature: Buffer | null = null
    return {
      initial: Buffer.from(`${GS2_HEADER}${bare}`, 'utf8'),
      respond: (challenge) => {
        const text = challenge.toString('utf8')
        if (serverSignature !== null) {
          checkServer(text, serverSignature)
          return null
        }
        const first = readServerFirst(text, nonce)
        const keys = this.#keysFor(first)
        const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${first.nonce}`
        const authMessage = scramAuthMessage(bare, text, withoutProof)
        serverSignature = scramServerSignature(this.name, keys.serverKey, authMessage)
        const proof = scramClientProof(this.name, keys, authMessage)
        return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`, 'utf8')
      },
    }
  }

  #keysFor({ salt, iterations }: ServerFirst): ScramKeys {
    const maxIterations = this.#credentials.maxIterations ?? DEFAULT_MAX_ITERATIONS
    if (iterations < MIN_ITERATIONS) {
      throw new SaslError(
        `the broker asks for ${iterations} iterations of SCRAM; fewer than ${MIN_ITERATIONS} are not safe`,
      )
    }
    if (iterations > maxIterations) {
      throw new SaslError(
        `the broker asks for ${iterations} iterations of SCRAM; at most ${maxIterations} are allowed here`,
      )
    }
    const of = `${iterations} ${salt.toString('base64')}`
    if (this.#known?.of !== of) {
      this.#known = { of, keys: scramKeys(this.name, this.#credentials.password, { salt, iterations }) }
    }
    return this.#known.keys
  }
}

interface ServerFirst {
  readonly nonce: string
  readonly salt: Buffer
  readonly iterations: number
}

const SERVER_FIRST = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9][0-9]{0,8})(?:,.*)?$/s
const SERVER_FINAL = /^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/s

function readServerFirst(text: string, ownNonce: string): ServerFirst {
  refuseError(text)
  const match = SERVER_FIRST.exec(text)
  if (match === null) throw new SaslError('the first SCRAM message of the broker cannot be read')
  const [, nonce, salt, iterations] = match as unknown as [string, string, string, string]
  // A nonce that is not ours and more would be one of an exchange that somebody overheard.
  if (!nonce.startsWith(ownNonce) || nonce.length === ownNonce.length) {
    throw new SaslError('the broker did not answer with the nonce of this client')
  }
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations: Number(iterations) }
}

/** Who does not know the user's key cannot sign: such a server is somebody else, who only accepts any password. */
function checkServer(text: string, expected: Buffer): void {
  refuseError(text)
  const signature = Buffer.from(SERVER_FINAL.exec(text)?.[1] ?? '', 'base64')
  if (!signature.equals(expected)) throw new SaslError('the broker did not prove that it knows this user')
}

function refuseError(text: string): void {
  const error = /^e=([^,]*)/.exec(text)?.[1]
  if (error !== undefined) throw new SaslError(`the broker refused: ${error}`)
}
