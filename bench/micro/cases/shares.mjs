/** Share groups: the records in flight of a partition, and the state that is stored of them. */

import { SharePartition } from '../../../packages/broker/dist/share/partition/share-partition.js'
import { mergeBatches } from '../../../packages/coordinator/dist/share-state/state-batches.js'

const ACCEPT = 1
const IN_FLIGHT = 10_000
const LIMITS = { deliveryCountLimit: 5, maxRecordLocks: 2 * IN_FLIGHT, lockDurationMs: 30_000, isDeadLettered: false }
const MEMBERS = ['a', 'b']

/** So many batches of so many records from an offset on. */
function batches(from, count, records) {
  let index = 0
  return {
    next() {
      this.first = from + index * records
      this.last = this.first + records - 1
      return index++ < count
    },
    first: -1,
    last: -1,
    kind: 'data',
  }
}

function acquire(partition, memberId, { count, records }) {
  const from = partition.nextOffset()
  const request = { memberId, mode: 'batch_optimized', maxRecords: count * records, batchSize: 500, from }
  return partition.acquire({ ...request, batches: batches(from, count, records) }, 0)
}

function acknowledge(partition, memberId, acknowledgements) {
  const { transition } = partition.acknowledge(memberId, acknowledgements, 0)
  partition.toWrite([transition])
  partition.stored([transition])
}

function rounds({ count, records, isOneByOne }) {
  const partition = new SharePartition({ startOffset: 0, stateBatches: [] }, LIMITS)
  return () => {
    const acquired = acquire(partition, 'a', { count, records })
    const [firstOffset, lastOffset] = [acquired[0].firstOffset, acquired.at(-1).lastOffset]
    const acknowledgements = isOneByOne
      ? Array.from({ length: lastOffset - firstOffset + 1 }, (_, index) => ({
          firstOffset: firstOffset + index,
          lastOffset: firstOffset + index,
          acknowledgeTypes: [ACCEPT],
        }))
      : [{ firstOffset, lastOffset, acknowledgeTypes: [ACCEPT] }]
    acknowledge(partition, 'a', acknowledgements)
  }
}

/** Every record is in a run of its own, and one in the midst of them is acknowledged; one more comes in, so that there are always as many. */
function amongMany() {
  const partition = new SharePartition({ startOffset: 0, stateBatches: [] }, LIMITS)
  const add = () => acquire(partition, MEMBERS[partition.endOffset % 2], { count: 1, records: 1 })
  while (partition.endOffset < IN_FLIGHT) add()
  let oldest = 0
  return () => {
    acknowledge(partition, MEMBERS[oldest % 2], [
      { firstOffset: oldest, lastOffset: oldest, acknowledgeTypes: [ACCEPT] },
    ])
    oldest += 1
    add()
  }
}

function storedState() {
  const known = Array.from({ length: 1000 }, (_, index) => ({
    firstOffset: index * 10,
    lastOffset: index * 10 + 9,
    deliveryState: index % 2 === 0 ? 0 : 2,
    deliveryCount: 1 + (index % 3),
  }))
  const added = [{ firstOffset: 5005, lastOffset: 5014, deliveryState: 2, deliveryCount: 4 }]
  return () => mergeBatches(known, added, 0)
}

export const shares = () => ({
  'share partition: acquire 500 records in a batch, acknowledge and store': {
    run: rounds({ count: 1, records: 500, isOneByOne: false }),
  },
  'share partition: the same, acknowledged one by one': { run: rounds({ count: 1, records: 500, isOneByOne: true }) },
  'share partition: the same in 500 batches': { run: rounds({ count: 500, records: 1, isOneByOne: false }) },
  'share partition: one of 10,000 that are held one by one': { run: amongMany() },
  'share state: lay a batch over 1,000': { run: storedState() },
})
