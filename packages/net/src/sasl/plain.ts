/** SASL PLAIN (RFC 4616): name and password as they are. Only TLS hides them. */
import { SaslError, type SaslExchange, type SaslMechanism } from './sasl-mechanism.ts'

export interface PlainCredentials {
  readonly username: string
  readonly password: string
}

export class PlainMechanism implements SaslMechanism {
  readonly name = 'PLAIN'
  readonly #credentials: PlainCredentials

  /** Throws SaslError. */
  constructor({ username, password }: PlainCredentials) {
    if (username === '') throw new SaslError('the user name is empty')
    if (`${username}${password}`.includes('\0')) throw new SaslError('a NUL is in the user name or the password')
    this.#credentials = { username, password }
  }

  begin(): Promise<SaslExchange> {
    const { username, password } = this.#credentials
    return Promise.resolve({ initial: Buffer.from(`\0${username}\0${password}`, 'utf8'), respond: () => null })
  }
}
