/** Tokens by the client credentials grant (RFC 6749, section 4.4), from an authorization server. */
import type { HttpReply, TlsOptions } from '@ottla/env'
import { type OauthToken, type OauthTokenProvider, SaslError } from '@ottla/net'
import { ArgumentError } from '../errors.ts'

export interface OauthClientCredentials {
  /** `https:` but on this very machine: the secret goes there. */
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
  /** Further parameters of the request, e.g. `audience` or `resource`. */
  readonly parameters?: Readonly<Record<string, string>>
  /**
   * How the server is told who asks: `basic` in a header, as the RFC has it; `basic-unencoded` without encoding id and secret before, for servers that want
   * it so (Java's default); `post` in the body. Default: basic.
   */
  readonly authentication?: 'basic' | 'basic-unencoded' | 'post'
  /** What the brokers are told beside the token. */
  readonly extensions?: Readonly<Record<string, string>>
  /** For the token endpoint. Default: what this machine trusts. */
  readonly tls?: TlsOptions
  /** Default 10,000. */
  readonly timeoutMs?: number
}

const MAX_BODY_BYTES = 1 << 20
const DEFAULT_TIMEOUT_MS = 10_000
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/
/** Answers after which the same question may be answered well. */
const PASSING = new Set([408, 425, 429])

/** Throws {@link ArgumentError}. */
export function clientCredentials(options: OauthClientCredentials): OauthTokenProvider {
  const url = endpoint(options.tokenEndpoint)
  const { body, headers } = request(options)
  return async ({ env, signal }) => {
    if (env.httpClient === undefined) throw new SaslError('the env of this client has no HTTP')
    const reply = await env.httpClient.send({
      url,
      method: 'POST',
      headers,
      body,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      maxBodyBytes: MAX_BODY_BYTES,
      ...(signal !== undefined && { signal }),
      ...(options.tls !== undefined && { tls: options.tls }),
    })
    return { ...tokenOf(reply, url), ...(options.extensions !== undefined && { extensions: options.extensions }) }
  }
}

function endpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ArgumentError(`sasl: the token endpoint is an https: address, not ${text}`)
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw new ArgumentError(`sasl: the token endpoint ${url.host} would get the secret without TLS: use https:`)
  }
  return url
}

function request(options: OauthClientCredentials): { body: string; headers: Record<string, string> } {
  const { clientId, clientSecret, scope, parameters = {} } = options
  const form = new URLSearchParams({ ...parameters, grant_type: 'client_credentials' })
  if (scope !== undefined) form.set('scope', scope)
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  }
  if (options.authentication === 'post') {
    form.set('client_id', clientId)
    form.set('client_secret', clientSecret)
  } else {
    const encoded = options.authentication === 'basic-unencoded' ? (text: string) => text : formEncoded
    const pair = `${encoded(clientId)}:${encoded(clientSecret)}`
    headers['authorization'] = `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
  }
  return { body: form.toString(), headers }
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

function tokenOf({ status, body }: HttpReply, url: URL): OauthToken {
  const answer = parsed(body)
  if (status !== 200) {
    const reason = [answer['error'], answer['error_description']].filter((part) => typeof part === 'string').join(': ')
    const text = `${url.host} answered ${status}${reason === '' ? '' : ` (${reason})`}`
    throw status >= 500 || PASSING.has(status) ? new Error(text) : new SaslError(text)
  }
  const { access_token: value, expires_in: seconds } = answer
  if (typeof value !== 'string') throw new Error(`${url.host} answered without an access_token`)
  const lifetime = Number(seconds)
  return Number.isFinite(lifetime) && lifetime > 0 ? { value, lifetimeMs: lifetime * 1000 } : { value }
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
