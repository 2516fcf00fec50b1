/**
 * The HTTP listener: /metrics and /health. Nothing of it but the open port is there before the first request.
 *
 * It is on without a setting, on the loopback interface. Then a second broker on the same host must not fail for it: it takes any
 * free port, and says which. An address that somebody has set is taken at its word.
 */
import { type BrokerConfig, parseHttpAddress } from '@ottla/config'
import { type Env, type HttpHandler, NetworkError } from '@ottla/env'
import type { HttpSubject } from './routes.ts'

export interface HttpListener {
  readonly host: string | null
  readonly port: number
  close(): Promise<void>
}

const KEY = 'ottla.http.listener'

/** Null when there is to be none, or none can be and nobody asked for it. Rejects with NetworkError when an address that was set cannot be had. */
export async function startHttpListener(
  env: Env,
  config: BrokerConfig,
  subject: HttpSubject,
): Promise<HttpListener | null> {
  const address = parseHttpAddress(config.values[KEY])
  const { http } = env
  if (address === null || address === undefined || http === undefined) return null
  const logger = env.logger.child('http')
  const answer: HttpHandler = async (request) => (await import('./routes.ts')).answer(request, subject)
  const listen = async (port: number): Promise<HttpListener> => {
    const socket = await http.listen({ host: address.host ?? '', port }, answer)
    logger.debug('HTTP listener', { host: address.host ?? 'all interfaces', port: socket.port })
    return { host: address.host, port: socket.port, close: () => socket.close() }
  }
  if (config.staticTexts.has(KEY)) return listen(address.port)
  try {
    try {
      return await listen(address.port)
    } catch (error) {
      if (!(error instanceof NetworkError) || error.code !== 'EADDRINUSE') throw error
      const listener = await listen(0)
      logger.info('HTTP listener on another port: the usual one is in use', {
        usual: address.port,
        port: listener.port,
      })
      return listener
    }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    logger.warn('there is no HTTP listener', { error })
    return null
  }
}
