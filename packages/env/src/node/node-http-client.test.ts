import { deepEqual, equal, rejects } from 'node:assert/strict'
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { CertificateAuthority } from '@ottla/testkit/certificates'
import type { HttpQuestion } from '../http.ts'
import { nodeHttpClient } from './node-http-client.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

const echo: Answer = (request, response, body) => {
  response.writeHead(201)
  response.end(`${request.method} ${request.url} ${request.headers['x-name']} ${body}`)
}

async function withServer(server: Server, body: (port: number) => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await body((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

function listener(answer: Answer) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = ''
    for await (const chunk of request) body += chunk
    answer(request, response, body)
  }
}

function question(url: string, more: Partial<HttpQuestion> = {}): HttpQuestion {
  const headers = { 'x-name': 'value' }
  return { url: new URL(url), method: 'POST', headers, body: 'bödy', timeoutMs: 5000, maxBodyBytes: 100, ...more }
}

test('a question goes out as it is, and any status is an answer', async () => {
  await withServer(createHttp(listener(echo)), async (port) => {
    const reply = await nodeHttpClient.send(question(`http://127.0.0.1:${port}/path?a=b`))
    deepEqual(reply, { status: 201, body: 'POST /path?a=b value bödy' })
  })
})

test('under TLS the server is checked as the options say', async () => {
  const authority = new CertificateAuthority()
  const server = createHttps(authority.issue({ name: 'idp', hosts: ['127.0.0.1'] }), listener(echo))
  server.on('tlsClientError', () => {})
  await withServer(server as unknown as Server, async (port) => {
    const url = `https://127.0.0.1:${port}/`
    equal((await nodeHttpClient.send(question(url, { tls: { ca: authority.cert } }))).status, 201)
    await rejects(nodeHttpClient.send(question(url)), { name: 'NetworkError' })
  })
})

test('silence, floods and refusals end as errors', async () => {
  await withServer(
    createHttp(listener((_, response, body) => body === 'flood' && response.end('x'.repeat(101)))),
    async (port) => {
      const url = `http://127.0.0.1:${port}/`
      await rejects(nodeHttpClient.send(question(url, { timeoutMs: 30 })), { code: 'ETIMEDOUT' })
      await rejects(nodeHttpClient.send(question(url, { body: 'flood' })), { code: 'EMSGSIZE' })
      const giveUp = new AbortController()
      const asked = nodeHttpClient.send(question(url, { signal: giveUp.signal }))
      giveUp.abort()
      await rejects(asked, { code: 'EABORTED' })
    },
  )
  await rejects(nodeHttpClient.send(question('http://127.0.0.1:1/')), { code: 'ECONNREFUSED' })
})
