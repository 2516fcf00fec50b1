/** Processes that read, write and commit offsets in one transaction, and are killed now and then: what they write is what they read, once, in order. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, newTopic, pause, readTopic } from './reading.mjs'

const PARTITIONS = 2
const [source, target] = ['copied-from', 'copied-to']
const copier = fileURLToPath(new URL('../copier.mjs', import.meta.url))

export function copying() {
  let acknowledged = 0
  let isSending = true
  let kafka
  let sending
  let bootstrap
  let killed = 0
  let isOver = false
  let copied = 0
  let errors = ''
  const children = new Set()

  function startCopier(name) {
    const child = spawn(process.execPath, [copier, bootstrap, source, target, name], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.add(child)
    child.stdout.on('data', (chunk) => (copied += chunk.length))
    child.stderr.on('data', (chunk) => (errors = (errors + chunk).slice(-2000)))
    child.once('exit', () => {
      children.delete(child)
      if (!isOver) startCopier(name)
    })
  }

  async function send(producer) {
    for (let n = 0; isSending; ) {
      const records = Array.from({ length: 10 }, () => ({
        topic: source,
        partition: n % PARTITIONS,
        value: Buffer.from(`${n++}`),
      }))
      await producer.sendAll(records)
      acknowledged += records.length
      await pause(20)
    }
    await producer.close()
  }

  const values = async (topic) => (await readTopic(kafka, topic)).map((records) => records.map(({ value }) => value))

  return {
    title: 'processes that copy in transactions',
    needs: { Produce: 3, InitProducerId: 0, AddOffsetsToTxn: 0, TxnOffsetCommit: 3 },
    progress: () => copied,
    failure: () => null,
    disturb(prng) {
      const all = [...children]
      if (all.length === 0 || prng.below(2) === 0) return
      all[prng.below(all.length)].kill('SIGKILL')
      killed += 1
    },
    async start(context) {
      kafka = context.kafka
      bootstrap = context.bootstrap
      this.until = context.until
      await newTopic(kafka, source, PARTITIONS)
      await newTopic(kafka, target, PARTITIONS)
      sending = send(context.newClient().producer())
      startCopier('one')
      startCopier('two')
    },
    async finish() {
      isSending = false
      await sending
      await this.until(`all is copied; ${errors}`, async () => {
        return (await values(target)).reduce((sum, each) => sum + each.length, 0) >= acknowledged
      })
      isOver = true
      for (const child of children) child.kill('SIGKILL')
    },
    async verify() {
      const [from, to] = [await values(source), await values(target)]
      for (const [partition, expected] of from.entries()) {
        const found = to[partition]
        const at = expected.findIndex((value, n) => found[n] !== value)
        expect(
          at < 0 && found.length === expected.length,
          `partition ${partition}: ${expected.length} became ${found.length}, different from ${at}: ${found.slice(at, at + 5)} for ${expected.slice(at, at + 5)}`,
        )
      }
      return `${acknowledged} copied once each, ${killed} processes killed`
    },
  }
}
