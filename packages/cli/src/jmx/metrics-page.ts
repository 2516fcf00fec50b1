/** Gets `/metrics` of a broker. */
import { type Env, NetworkError } from '@ottla/env'

export interface PageAddress {
  readonly host: string
  readonly port: number
  readonly path: string
}

const TIMEOUT_MS = 10_000
const HTTP_PORT = 80

/** From `http://host:port/metrics`, or from the URL of a JMX server, of which host and port count. Undefined: it is neither. */
export function pageAddress(url: string): PageAddress | undefined {
  const jmx = /^service:jmx:[^:]*:\/\/(?:[^/]*)\/(?:jndi\/[a-z]+:\/\/)?([^:/]*):(\d+)/.exec(url)
  if (jmx !== null) return { host: jmx[1] === '' ? 'localhost' : jmx[1]!, port: Number(jmx[2]), path: '/metrics' }
  const plain = /^(?:http:\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?(\/.*)?$/.exec(url)
  if (plain === null) return undefined
  const path = plain[3] === undefined || plain[3] === '/' ? '/metrics' : plain[3]
  return { host: plain[1]!.replace(/^\[(.*)\]$/, '$1'), port: Number(plain[2] ?? HTTP_PORT), path }
}

/** Rejects with NetworkError. */
export async function readPage(env: Env, { host, port, path }: PageAddress): Promise<string> {
  const stream = await env.network.connect({ host, port }, { timeoutMs: TIMEOUT_MS })
  const chunks: Buffer[] = []
  return await new Promise((resolve, reject) => {
    const timer = env.timers.after(TIMEOUT_MS, () => stream.destroy())
    stream.onData = (chunk) => {
      chunks.push(Buffer.from(chunk))
    }
    stream.onClose = (error) => {
      timer.cancel()
      if (error !== undefined) {
        reject(error)
        return
      }
      const page = bodyOf(Buffer.concat(chunks))
      if (page === null) reject(new NetworkError('EPROTO', `${host}:${port}${path} is no page of metrics`))
      else resolve(page)
    }
    // The old version of the protocol: the end of the page is the end of the connection.
    stream.write([Buffer.from(`GET ${path} HTTP/1.0\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`)])
  })
}

function bodyOf(answer: Buffer): string | null {
  const end = answer.indexOf('\r\n\r\n')
  if (end === -1 || !/^HTTP\/1\.[01] 200 /.test(answer.subarray(0, end).toString('latin1'))) return null
  return answer.subarray(end + 4).toString('utf8')
}
