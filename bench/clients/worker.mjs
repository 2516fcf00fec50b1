/**
 * One contestant at one task, in a process of its own: node worker.mjs <contestant> '<task as JSON>'. Prints one line of JSON. Times are
 * milliseconds, CPU is that of the whole process with all its threads, in microseconds.
 */
import { payloadLines } from './payloads.mjs'

const [contestantName, json] = process.argv.slice(2)
const task = JSON.parse(json)
const contestant = await import(`./contestants/${contestantName}.mjs`)

const nowMs = () => performance.timeOrigin + performance.now()
const cpuUs = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}
const values = payloadLines(task.bytes).map((line) => Buffer.from(line))

/** Marks when the warm-up is over; what is counted is what comes between the marks. */
function stopwatch() {
  let from = null
  return {
    start: (records) => {
      from = { ms: performance.now(), cpu: cpuUs(), records }
    },
    stop: (records) => {
      const ms = performance.now() - from.ms
      const count = records - from.records
      return { records: count, perSecond: (count / ms) * 1000, cpuUsPerRecord: (cpuUs() - from.cpu) / count }
    },
  }
}

const tasks = {
  /** Several calls with as many records as fill a batch are under way at once. */
  async produce() {
    const producer = await contestant.openProducer(task)
    const perCall = Math.max(1, Math.floor(task.batchBytes / (task.bytes + 10)))
    const watch = stopwatch()
    const began = performance.now()
    const endsAt = began + task.warmUpMs + task.durationMs
    let sent = 0
    let result = null
    const lane = async (number) => {
      for (let at = number * 37; performance.now() < endsAt; at += perCall) {
        const some = Array.from({ length: perCall }, (_, index) => values[(at + index) % values.length])
        await producer.sendMany(some)
        sent += perCall
        if (result === null && performance.now() - began >= task.warmUpMs) {
          watch.start(sent)
          result = 'started'
        }
      }
      if (result === 'started') result = watch.stop(sent)
    }
    await Promise.all(Array.from({ length: contestant.lanes }, (_, number) => lane(number)))
    await producer.close()
    return result
  },

  /** Exactly so many records, for others to read. */
  async fill() {
    const producer = await contestant.openProducer(task)
    const perCall = Math.floor(task.batchBytes / (task.bytes + 10))
    for (let sent = 0; sent < task.records; ) {
      const calls = []
      for (let call = 0; call < contestant.lanes && sent < task.records; call++) {
        const count = Math.min(perCall, task.records - sent)
        calls.push(
          producer.sendMany(Array.from({ length: count }, (_, index) => values[(sent + index) % values.length])),
        )
        sent += count
      }
      await Promise.all(calls)
    }
    await producer.close()
    return {}
  },

  /** From the beginning of the topic, until its end or until time is over; a quarter, or the warm-up time, is not counted. */
  async consume() {
    const watch = stopwatch()
    let [received, receivedBytes, began, isStarted] = [0, 0, 0, false]
    let consumer
    const result = await new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`only ${received} records came`)), task.durationMs * 10 + 20_000)
      const tally = (count, bytes) => {
        if (count === 0 || limit === null) return
        if (received === 0) began = performance.now()
        received += count
        receivedBytes += bytes
        if (received % 64 !== 0 && count === 1 && received < task.records) return
        const ms = performance.now() - began
        if (!isStarted && (received >= task.records / 4 || ms >= task.warmUpMs)) {
          isStarted = true
          watch.start(received)
        } else if (isStarted && (received >= task.records || ms >= task.warmUpMs + task.durationMs)) {
          clearTimeout(limit)
          resolve(watch.stop(received))
        }
      }
      contestant.openConsumer(task, tally).then((opened) => (consumer = opened), reject)
    })
    if (receivedBytes !== received * task.bytes) throw new Error(`${receivedBytes} bytes in ${received} records`)
    await Promise.race([consumer.close(), new Promise((resolve) => setTimeout(resolve, 1000))])
    return result
  },

  /** One record at a time, each after the answer to the one before. */
  async latency() {
    const producer = await contestant.openProducer(task)
    for (let i = 0; i < task.warmUp; i++) await producer.send(values[i % values.length])
    const times = new Float64Array(task.count)
    const cpu = cpuUs()
    for (let i = 0; i < task.count; i++) {
      const began = performance.now()
      await producer.send(values[i % values.length])
      times[i] = performance.now() - began
    }
    const cpuUsPerRecord = (cpuUs() - cpu) / task.count
    times.sort()
    const at = (part) => times[Math.min(task.count - 1, Math.floor(task.count * part))]
    await producer.close()
    return { p50Ms: at(0.5), p99Ms: at(0.99), cpuUsPerRecord }
  },

  /** When the first record was acknowledged; the caller knows when this process was started. */
  async firstSent() {
    const producer = await contestant.openProducer(task)
    await producer.send(values[0])
    const atMs = nowMs()
    await producer.close()
    return { atMs }
  },

  async firstReceived() {
    let consumer
    const atMs = await new Promise((resolve, reject) => {
      const tally = (count) => {
        if (count > 0) resolve(nowMs())
      }
      contestant.openConsumer(task, tally).then((opened) => (consumer = opened), reject)
    })
    await Promise.race([consumer?.close(), new Promise((resolve) => setTimeout(resolve, 1000))])
    return { atMs }
  },
}

const result = await tasks[task.kind]()
process.stdout.write(`${JSON.stringify({ label: contestant.label, ...result })}\n`, () => process.exit(0))
