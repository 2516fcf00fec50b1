/** A broker that stays, behind a network that does not: connections are cut, answers get lost, nothing moves for a while. */
import { rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { BRIEFLY, startApacheKafka } from '../../scripts/lib/apache-kafka.mjs'
import { cacheOf } from '../../scripts/lib/clients.mjs'
import { startBroker } from '../../scripts/lib/test-broker.mjs'
import { KRAFT_SETTINGS, NEWER_SETTINGS } from '../suite/support/systems.mjs'

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** What is done to all connections in turn; the clients give a request up after 10 s. */
const FAULTS = [
  { name: 'all are cut', run: async (proxy) => proxy.cut() },
  {
    name: 'answers are lost, then all are cut',
    async run(proxy) {
      proxy.losesAnswers = true
      await pause(700)
      proxy.losesAnswers = false
      proxy.cut()
    },
  },
  {
    name: 'nothing moves for 3 s',
    async run(proxy) {
      proxy.hold()
      await pause(3000)
      proxy.release()
    },
  },
  {
    name: 'nothing moves for longer than a request may take',
    async run(proxy) {
      proxy.hold()
      await pause(12_000)
      proxy.release()
    },
  },
  {
    name: 'half of them are cut, again and again',
    async run(proxy) {
      for (let n = 0; n < 10; n++) {
        proxy.cut((at) => at % 2 === n % 2)
        await pause(150)
      }
    },
  },
  {
    name: 'nobody gets in for 2 s',
    async run(proxy) {
      proxy.isClosed = true
      proxy.cut()
      await pause(2000)
      proxy.isClosed = false
    },
  },
]

class BadNetwork {
  losesAnswers = false
  isClosed = false
  #target = 0
  #pairs = new Set()
  #isHeld = false
  #server

  async listen() {
    this.#server = createServer((socket) => this.#accept(socket))
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this.#server.address().port
  }

  passTo(port) {
    this.#target = port
  }

  cut(choose = () => true) {
    for (const [at, [client, broker]] of [...this.#pairs].entries()) {
      if (!choose(at)) continue
      client.destroy()
      broker.destroy()
    }
  }

  hold() {
    this.#isHeld = true
    for (const pair of this.#pairs) for (const socket of pair) socket.pause()
  }

  release() {
    this.#isHeld = false
    for (const pair of this.#pairs) for (const socket of pair) socket.resume()
  }

  close() {
    this.#server.close()
    this.cut()
  }

  #accept(client) {
    client.on('error', () => {})
    if (this.isClosed) {
      client.destroy()
      return
    }
    const broker = connect(this.#target, '127.0.0.1')
    const pair = [client, broker]
    this.#pairs.add(pair)
    const pass = (from, to, isLost) => {
      from.on('data', (chunk) => {
        if (isLost() || to.destroyed) return
        if (to.write(chunk)) return
        from.pause()
        to.once('drain', () => {
          if (!this.#isHeld) from.resume()
        })
      })
      from.on('error', () => {})
      from.on('close', () => {
        this.#pairs.delete(pair)
        to.destroy()
      })
      if (this.#isHeld) from.pause()
    }
    pass(client, broker, () => false)
    pass(broker, client, () => this.losesAnswers)
  }
}

/** `start(settings)` gives a broker whose clients find it at the proxy. */
function behindProxy(start) {
  return async () => {
    const proxy = new BadNetwork()
    const port = await proxy.listen()
    const server = await start({ 'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}` })
    proxy.passTo(server.port)
    let turn = 0
    return {
      bootstrap: `127.0.0.1:${port}`,
      async restart() {
        const { name, run } = FAULTS[turn++ % FAULTS.length]
        await run(proxy)
        return name
      },
      async stop() {
        proxy.close()
        await server.stop('SIGKILL')
        rmSync(server.folder, { recursive: true, force: true })
      },
    }
  }
}

export const CUT_NETWORKS = {
  'ottla-cut': {
    title: 'Ottla behind a bad network',
    needs: [],
    start: behindProxy((settings) => startBroker({ settings: { 'node.id': '1', ...NEWER_SETTINGS, ...settings } })),
  },
  'kafka-cut': {
    title: 'Apache Kafka 4.3.1 behind a bad network',
    needs: [cacheOf('java-latest')],
    start: behindProxy(async (settings) => {
      const server = await startApacheKafka({
        heap: '512m',
        jvm: BRIEFLY,
        settings: { ...KRAFT_SETTINGS, ...settings },
      })
      await server.started
      return server
    }),
  },
}
