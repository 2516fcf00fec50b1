import { equal, match } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))

class Server {
  output = ''
  readonly child: ChildProcess
  readonly ended: Promise<number | null>

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (chunk) => {
        this.output += chunk
      })
    }
    this.ended = new Promise((resolve) => this.child.on('close', resolve))
  }

  /** Resolves when the output matches; rejects when the process ends before. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.output)) {
      const news = new Promise<void>((resolve) => this.child.stdout!.once('data', () => resolve()))
      const code = await Promise.race([news, this.ended.then((ended) => ended ?? -1)])
      if (code !== undefined) throw new Error(`ended with ${code}:\n${this.output}`)
    }
  }
}

interface Place {
  readonly folder: string
  /** Starts a server with these settings. */
  start(settings: Readonly<Record<string, string>>, ...args: string[]): Server
}

function place(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-server-test-'))
  const servers: Server[] = []
  t.after(async () => {
    for (const server of servers) server.child.kill('SIGKILL')
    await Promise.all(servers.map(({ ended }) => ended))
    rmSync(folder, { recursive: true })
  })
  return {
    folder,
    start(settings, ...args) {
      const file = join(folder, `server-${servers.length}.properties`)
      const http = { 'ottla.http.listener': settings['ottla.http.listener'] ?? '' }
      const all = { listeners: 'PLAINTEXT://127.0.0.1:0', 'log.dirs': join(folder, 'data'), ...settings, ...http }
      writeFileSync(
        file,
        Object.entries(all)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(''),
      )
      const server = new Server([file, ...args])
      servers.push(server)
      return server
    },
  }
}

test('a server says what a person needs, stops in order on SIGTERM, and starts again on its folder', async (t) => {
  const { start, folder } = place(t)
  for (let life = 0; life < 2; life += 1) {
    const server = start({}, '--override', 'num.partitions=2')
    await server.says(/Kafka Server started/)
    match(server.output, /Address +127\.0\.0\.1:\d+/)
    match(server.output, new RegExp(`Data +${join(folder, 'data')}`))
    match(server.output, /Durability +auto/)
    match(server.output, /kafka-console-consumer\.sh --bootstrap-server 127\.0\.0\.1:\d+ --topic test --from-beginning/)
    server.child.kill('SIGTERM')
    equal(await server.ended, 0)
    match(server.output, /Kafka Server stopped/)
  }
})

test('wrong settings name file, line, key, value and what was expected; the code is 2', async (t) => {
  const { start } = place(t)
  const server = start({ 'num.partitions': 'many' })
  equal(await server.ended, 2)
  match(server.output, /server-0\.properties:3: num\.partitions=many: /)
  const missing = new Server(['/no/such/file.properties'])
  equal(await missing.ended, 2)
  match(missing.output, /there is no such file/)
  const bare = new Server([])
  equal(await bare.ended, 1)
  match(bare.output, /^USAGE: /)
})

test('a port in use ends with 3', async (t) => {
  const { start } = place(t)
  const other = createServer()
  t.after(() => other.close())
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const server = start({ listeners: `PLAINTEXT://127.0.0.1:${port}` })
  equal(await server.ended, 3)
  match(server.output, new RegExp(String(port)))
})

test('a second process on the same folder ends with 5, and the first goes on', async (t) => {
  const { start } = place(t)
  const first = start({})
  await first.says(/Kafka Server started/)
  const second = start({})
  equal(await second.ended, 5)
  match(second.output, /Another process uses the data folder/)
  first.child.kill('SIGTERM')
  equal(await first.ended, 0)
})

test('a folder that cannot be made ends with 6', async (t) => {
  const { start, folder } = place(t)
  writeFileSync(join(folder, 'file'), '')
  const server = start({ 'log.dirs': join(folder, 'file', 'data') })
  equal(await server.ended, 6)
  match(server.output, /a file stands where a folder must be/)
})

test('a folder of another node ends with 8', async (t) => {
  const { start } = place(t)
  const first = start({ 'node.id': '1' })
  await first.says(/Kafka Server started/)
  first.child.kill('SIGTERM')
  await first.ended
  const second = start({ 'node.id': '2' })
  equal(await second.ended, 8)
  match(second.output, /node 1/)
})

test('with ottla.log.format=json every line of the log is an object, and loggers have the levels of the settings', async (t) => {
  const settings = { 'ottla.log.format': 'json', 'ottla.log.levels': 'http=debug' }
  const server = place(t).start({ ...settings, 'ottla.http.listener': 'http://127.0.0.1:0' })
  await server.says(/Kafka Server started.*\n/)
  const lines = server.output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; logger: string })
  equal(
    lines.some(({ level, logger }) => logger === 'http' && level === 'debug'),
    true,
  )
})
