/**
 * The HTTP listener: /metrics and /health. Nothing of it but the open port is there before the first request.
 *
 * It is on without a setting, on the loopback interface. Then a second broker on the same host must not fail for it: it takes any
 * free port, and says which. An address that somebody has set is taken at its word.
 */
import { type BrokerConfig, parseHttpAddress } from '@ottla/config'
import { type Env, type HttpHandler, type HttpServers, type ListeningSocket, NetworkError } from '@ottla/env'
import type { HttpSubject } from './routes.ts'

export interface HttpListener {
  readonly host: string | null
  readonly port: number
  close(): Promise<void>
}

const KEY = 'ottla.http.listener'

/** Null when there is to be none. Rejects with NetworkError. */
export async function startHttpListener(
  env: Env,
  config: BrokerConfig,
  subject: HttpSubject,
): Promise<HttpListener | null> {
  const address = parseHttpAddress(config.values[KEY])
  const { http } = env
  if (address === null || address === undefined || http === undefined) return null
  const { host } = address
  const socket = await listen(
    http,
    { host: host ?? '', port: address.port, isSet: config.staticTexts.has(KEY) },
    subject,
  )
  const { port } = socket
  const logger = env.logger.child('http')
  const place = { host: host ?? 'all interfaces', port }
  if (port !== address.port && address.port !== 0)
    logger.warn('the port of the HTTP listener is taken; another one is', place)
  else logger.debug('HTTP listener', place)
  return { host, port, close: () => socket.close() }
}

interface Place {
  readonly host: string
  readonly port: number
  readonly isSet: boolean
}

async function listen(http: HttpServers, { host, port, isSet }: Place, subject: HttpSubject): Promise<ListeningSocket> {
  const answer: HttpHandler = async (request) => (await import('./routes.ts')).answer(request, subject)
  try {
    return await http.listen({ host, port }, answer)
  } catch (error) {
    if (isSet || !(error instanceof NetworkError) || error.code !== 'EADDRINUSE') throw error
    return http.listen({ host, port: 0 }, answer)
  }
}
