import { equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { runTool } from '../test-io.test.ts'

const SERVER = ['--bootstrap-server', 'nowhere:1', '--command-config', 'missing.properties']

async function refusal(...argv: string[]): Promise<string> {
  const { code, err } = await runTool('kafka-delegation-tokens', argv)
  equal(code, 1)
  return err.split('\n')[0]!
}

test('what is missing or does not go together is told in Kafka’s words', async () => {
  equal(await refusal('--describe'), 'Missing required argument "[bootstrap-server]"')
  equal(await refusal('--bootstrap-server', 'b:1', '--describe'), 'Missing required argument "[command-config]"')
  const actions = 'Command must include exactly one action: --create, --renew, --expire or --describe'
  equal(await refusal(...SERVER), actions)
  equal(await refusal(...SERVER, '--renew', '--expire'), actions)
  equal(await refusal(...SERVER, '--create'), 'Missing required argument "[max-life-time-period]"')
  equal(await refusal(...SERVER, '--renew'), 'Missing required argument "[hmac]"')
  equal(await refusal(...SERVER, '--expire', '--hmac', 'x'), 'Missing required argument "[expiry-time-period]"')
  const hmac = ['--create', '--max-life-time-period', '-1', '--hmac', 'x']
  equal(await refusal(...SERVER, ...hmac), `Option "[create]" can't be used with option "[hmac]"`)
  match(await refusal(...SERVER, '--describe'), /missing\.properties: there is no such file/)
})
