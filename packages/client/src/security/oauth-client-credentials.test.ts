import { deepEqual, doesNotMatch, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { Env, HttpQuestion, HttpReply } from '@ottla/env'
import { clientCredentials, type OauthClientCredentials } from './oauth-client-credentials.ts'

const OPTIONS = { tokenEndpoint: 'https://idp.example/token', clientId: 'my client', clientSecret: 'a+b' }

function ask(reply: HttpReply, options: Partial<OauthClientCredentials> = {}) {
  const questions: HttpQuestion[] = []
  const send = async (question: HttpQuestion) => {
    questions.push(question)
    return reply
  }
  const env = { httpClient: { send } } as unknown as Env
  return { questions, token: clientCredentials({ ...OPTIONS, ...options })({ env }) }
}

test('the server is asked as RFC 6749 has it, and its token comes with lifetime and extensions', async () => {
  const body = '{"access_token":"abc","token_type":"Bearer","expires_in":300}'
  const extensions = { logicalCluster: 'lkc' }
  const { questions, token } = ask(
    { status: 200, body },
    { scope: 'kafka read', parameters: { audience: 'a' }, extensions },
  )
  deepEqual(await token, { value: 'abc', lifetimeMs: 300_000, extensions })
  const [{ url, method, headers, body: sent }] = questions as [HttpQuestion]
  deepEqual([url.href, method], ['https://idp.example/token', 'POST'])
  equal(headers['authorization'], `Basic ${Buffer.from('my+client:a%2Bb').toString('base64')}`)
  equal(headers['content-type'], 'application/x-www-form-urlencoded')
  equal(sent, 'audience=a&grant_type=client_credentials&scope=kafka+read')
})

test('where the server wants it, id and secret stand in the body', async () => {
  const { questions, token } = ask({ status: 200, body: '{"access_token":"abc"}' }, { authentication: 'post' })
  deepEqual(await token, { value: 'abc' })
  equal(questions[0]!.headers['authorization'], undefined)
  equal(questions[0]!.body, 'grant_type=client_credentials&client_id=my+client&client_secret=a%2Bb')
})

test('where the server wants it, id and secret are not encoded in the header', async () => {
  const { questions, token } = ask(
    { status: 200, body: '{"access_token":"abc"}' },
    { authentication: 'basic-unencoded' },
  )
  await token
  equal(questions[0]!.headers['authorization'], `Basic ${Buffer.from('my client:a+b').toString('base64')}`)
})

test('a refusal is final and told with its reason, a server in trouble is asked again, and no error has the secret', async () => {
  const refused = ask({ status: 401, body: '{"error":"invalid_client","error_description":"no such client"}' })
  await rejects(refused.token, (error: Error & { retriable?: boolean }) => {
    equal(error.message, 'idp.example answered 401 (invalid_client: no such client)')
    equal(error.retriable, false)
    doesNotMatch(String(error.stack), /a\+b/)
    return true
  })
  for (const status of [500, 503, 429]) {
    await rejects(ask({ status, body: 'sorry' }).token, { message: `idp.example answered ${status}`, name: 'Error' })
  }
  await rejects(ask({ status: 200, body: 'no json' }).token, /without an access_token/)
})
