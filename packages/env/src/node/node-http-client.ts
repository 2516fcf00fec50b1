import type { ClientRequest, IncomingMessage } from 'node:http'
import type { HttpClient, HttpQuestion, HttpReply } from '../http.ts'
import { NetworkError } from '../network.ts'
import { networkError } from './node-byte-stream.ts'
import { connectOptions } from './node-tls.ts'

/** HTTP/1.1 by node:http and node:https, one connection for each request. */
export const nodeHttpClient: HttpClient = {
  send: (question) =>
    new Promise((resolve, reject) => {
      const { url, body, signal, timeoutMs } = question
      const fail = (error: NetworkError): void => {
        settle()
        reject(error)
        request?.destroy()
      }
      const onAbort = (): void => fail(new NetworkError('EABORTED', `asking ${url.host} was given up`))
      if (signal?.aborted === true) return reject(new NetworkError('EABORTED', `asking ${url.host} was given up`))
      const tooLate = (): void => fail(new NetworkError('ETIMEDOUT', `no answer from ${url.host} in ${timeoutMs} ms`))
      const timeout = setTimeout(tooLate, timeoutMs)
      const settle = (): void => {
        clearTimeout(timeout)
        signal?.removeEventListener('abort', onAbort)
      }
      signal?.addEventListener('abort', onAbort)
      let request: ClientRequest | undefined
      try {
        request = open(question)
      } catch (error) {
        return fail(new NetworkError('ETLSOPTIONS', (error as Error).message, error))
      }
      request.on('error', (error) => fail(networkError(error)))
      request.on('response', (response) => {
        readAll(response, question).then((reply) => {
          settle()
          resolve(reply)
        }, fail)
      })
      request.end(body)
    }),
}

function open({ url, method, headers, body, tls }: HttpQuestion): ClientRequest {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const options = { method, headers: { ...headers, ...length }, agent: false as const }
  // Not by import(): code that V8 takes from its cache has nobody to ask for modules.
  if (url.protocol === 'http:') return process.getBuiltinModule('node:http').request(url, options)
  const { host: _, ...secure } = connectOptions(url.hostname.replaceAll(/[[\]]/g, ''), tls ?? {})
  return process.getBuiltinModule('node:https').request(url, { ...options, ...secure })
}

async function readAll(response: IncomingMessage, { url, maxBodyBytes }: HttpQuestion): Promise<HttpReply> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBodyBytes)
        throw new NetworkError('EMSGSIZE', `${url.host} answered with more than ${maxBodyBytes} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof NetworkError ? error : networkError(error as Error)
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }
}
