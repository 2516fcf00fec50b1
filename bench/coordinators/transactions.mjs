/** Transactions of one batch each, by the protocol of today's clients (KIP-890): produce, then end. */
import { BatchBuilder } from '@ottla/protocol'
import { Peer } from './peer.mjs'

const CONCURRENT_TRANSACTIONS = 51
const RETRY = new Set([14, 15, 16, CONCURRENT_TRANSACTIONS])
const VALUE = Buffer.alloc(100, 'x')
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function initialized(peer, transactionalId) {
  for (;;) {
    const body = { transactionalId, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }
    const { errorCode, producerId, producerEpoch } = await peer.ask('InitProducerId', 5, body)
    if (errorCode === 0) return { producerId, producerEpoch }
    if (!RETRY.has(errorCode)) throw new Error(`init: error ${errorCode}`)
    await peer.ask('FindCoordinator', 3, { key: transactionalId, keyType: 1 })
    await sleep(20)
  }
}

/** Asks again after a little while for as long as the transaction before is not through. */
async function taken(attempt) {
  for (;;) {
    const answer = await attempt()
    if (answer.errorCode === 0) return answer
    if (!RETRY.has(answer.errorCode)) throw new Error(`transaction: error ${answer.errorCode}`)
    await sleep(1)
  }
}

/** Committed transactions a second, of so many producers, each with a partition of its own, and so many records of 100 bytes in each. */
export async function transactionRate(bootstrap, { producers, topic, durationMs, prefix, records: count = 1 }) {
  let isOver = false
  let committed = 0
  const work = async (index) => {
    const peer = await Peer.open(bootstrap)
    const transactionalId = `${prefix}-${index}`
    let { producerId, producerEpoch } = await initialized(peer, transactionalId)
    const transact = async () => {
      const batch = new BatchBuilder({
        timestamp: Date.now(),
        producerId,
        producerEpoch,
        baseSequence: 0,
        transactional: true,
      })
      for (let i = 0; i < count; i += 1) batch.append({ value: VALUE })
      const records = batch.build()
      await taken(async () => {
        const { responses } = await peer.ask('Produce', 12, {
          transactionalId,
          acks: -1,
          timeoutMs: 30_000,
          topicData: [{ name: topic, partitionData: [{ index, records: Buffer.from(records) }] }],
        })
        return responses[0].partitionResponses[0]
      })
      const ended = await taken(() =>
        peer.ask('EndTxn', 5, { transactionalId, producerId, producerEpoch, committed: true }),
      )
      producerId = ended.producerId
      producerEpoch = ended.producerEpoch
    }
    // One that does not count: internal topics are made, coordinators come up.
    await transact()
    ready()
    await started
    while (!isOver) {
      await transact()
      committed += 1
    }
    peer.close()
  }
  let start
  const started = new Promise((resolve) => {
    start = resolve
  })
  let ready
  let waiting = producers
  const allReady = new Promise((resolve) => {
    ready = () => {
      waiting -= 1
      if (waiting === 0) resolve()
    }
  })
  const working = Promise.all(Array.from({ length: producers }, (_, index) => work(index)))
  await Promise.race([allReady, working])
  start()
  const began = performance.now()
  await Promise.race([sleep(durationMs), working])
  isOver = true
  const perSecond = (committed / (performance.now() - began)) * 1000
  await working
  return perSecond
}

/** Makes so many transactional ids known. */
export async function makeTransactionalIds(bootstrap, count, prefix) {
  const peer = await Peer.open(bootstrap)
  let next = 0
  const work = async () => {
    while (next < count) await initialized(peer, `${prefix}-${next++}`)
  }
  await Promise.all(Array.from({ length: 16 }, work))
  peer.close()
}
