/** The server's side of SASL, for the fake brokers: PLAIN, SCRAM and OAUTHBEARER, with sessions that end. Holds no tests. */
import {
  ErrorCode,
  type Init,
  isScramProofOf,
  type SaslAuthenticateRequest,
  type SaslAuthenticateResponse,
  type SaslHandshakeRequest,
  type SaslHandshakeResponse,
  scramAuthMessage,
  scramKeys,
  scramServerSignature,
} from '@ottla/protocol'

export interface FakeSaslOptions {
  /** Passwords by name. */
  readonly users: Readonly<Record<string, string>>
  /** Default: sessions do not end. */
  readonly sessionLifetimeMs?: number
  readonly now: () => number
}

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'OAUTHBEARER']
const SALT = Buffer.from('salt of the fake')

/** What a broker knows of one connection. */
export class FakeSaslState {
  readonly #options: FakeSaslOptions
  #mechanism: string | null = null
  #step: ((message: Buffer) => Init<typeof SaslAuthenticateResponse>) | null = null
  #goodUntil = Number.NEGATIVE_INFINITY
  /** How often this connection was authenticated. */
  authentications = 0

  constructor(options: FakeSaslOptions) {
    this.#options = options
  }

  /** Whether a request other than those of SASL may be served: not before, not during, and not after. */
  get isOpen(): boolean {
    return this.#mechanism === null && this.#options.now() < this.#goodUntil
  }

  handshake({ mechanism }: SaslHandshakeRequest): Init<typeof SaslHandshakeResponse> {
    if (!MECHANISMS.includes(mechanism)) {
      return { errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms: MECHANISMS }
    }
    this.#mechanism = mechanism
    this.#step = null
    return { mechanisms: MECHANISMS }
  }

  authenticate({ authBytes }: SaslAuthenticateRequest): Init<typeof SaslAuthenticateResponse> {
    if (this.#mechanism === null) return { errorCode: ErrorCode.ILLEGAL_SASL_STATE }
    if (this.#step !== null) return this.#step(authBytes)
    switch (this.#mechanism) {
      case 'PLAIN': {
        const [, user, password] = authBytes.toString().split('\0')
        return this.#passwordOf(user ?? '') === password ? this.#done() : refused('Invalid username or password')
      }
      case 'SCRAM-SHA-256':
        return this.#scram(authBytes.toString())
      default:
        return this.#bearer(authBytes.toString())
    }
  }

  #bearer(message: string): Init<typeof SaslAuthenticateResponse> {
    const [, auth] = message.split('\x01')
    if (auth === 'auth=Bearer good') return this.#done()
    this.#step = () => refused('{"status":"invalid_token"}')
    return { authBytes: Buffer.from('{"status":"invalid_token"}') }
  }

  #scram(clientFirst: string): Init<typeof SaslAuthenticateResponse> {
    const bare = clientFirst.replace(/^n,,/, '')
    const { user, nonce } = /^n=(?<user>[^,]*),r=(?<nonce>[^,]*)/.exec(bare)!.groups as { user: string; nonce: string }
    const serverFirst = `r=${nonce}server,s=${SALT.toString('base64')},i=4096`
    this.#step = (message) => {
      const [withoutProof, proof] = message.toString().split(',p=') as [string, string]
      const keys = scramKeys('SCRAM-SHA-256', this.#passwordOf(user) ?? 'nobody', { salt: SALT, iterations: 4096 })
      const authMessage = scramAuthMessage(bare, serverFirst, withoutProof)
      const isRight = isScramProofOf('SCRAM-SHA-256', keys.storedKey, {
        proof: Buffer.from(proof, 'base64'),
        authMessage,
      })
      if (!isRight) return refused('Authentication failed during authentication due to invalid credentials')
      const signature = scramServerSignature('SCRAM-SHA-256', keys.serverKey, authMessage)
      return { ...this.#done(), authBytes: Buffer.from(`v=${signature.toString('base64')}`) }
    }
    return { authBytes: Buffer.from(serverFirst) }
  }

  #passwordOf(user: string): string | undefined {
    return this.#options.users[user]
  }

  #done(): Init<typeof SaslAuthenticateResponse> {
    const sessionLifetimeMs = this.#options.sessionLifetimeMs ?? 0
    this.#mechanism = null
    this.#step = null
    this.authentications += 1
    this.#goodUntil = sessionLifetimeMs === 0 ? Number.POSITIVE_INFINITY : this.#options.now() + sessionLifetimeMs
    return { sessionLifetimeMs }
  }
}

function refused(errorMessage: string): Init<typeof SaslAuthenticateResponse> {
  return { errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage }
}
