/**
 * WriteTxnMarkers (key 27), versions 1 and 2.
 *
 * A transaction coordinator, or an administrator who ends a transaction that hangs, has the leaders of partitions write markers. Version 2
 * says by which version of the protocol the transaction ended: from 2 on a marker needs an epoch that no record of an open transaction has.
 */
import { ErrorCode, WriteTxnMarkersRequest, WriteTxnMarkersResponse } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { defineApi } from './handler.ts'

type Marker = WriteTxnMarkersRequest['markers'][number]

export const writeTxnMarkers = defineApi({
  key: 27,
  request: WriteTxnMarkersRequest,
  response: WriteTxnMarkersResponse,
  async handle({ broker }, { markers }) {
    return { markers: await Promise.all(markers.map((marker) => written(broker, marker))) }
  },
})

async function written({ transactions, logger }: BrokerContext, marker: Marker) {
  const { producerId, producerEpoch, coordinatorEpoch, transactionVersion, transactionResult } = marker
  const outcome = transactionResult ? 'commit' : 'abort'
  const partitionMarker = { producerId, producerEpoch, coordinatorEpoch, transactionVersion, outcome } as const
  const write = async (topic: string, partitionIndex: number) => {
    try {
      return { partitionIndex, errorCode: await transactions.markers.write(topic, partitionIndex, partitionMarker) }
    } catch (error) {
      logger.error('a marker could not be written', { topic, partition: partitionIndex, error })
      return { partitionIndex, errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }
    }
  }
  const topics = marker.topics.map(async ({ name, partitionIndexes }) => ({
    name,
    partitions: await Promise.all(partitionIndexes.map((partition) => write(name, partition))),
  }))
  return { producerId, topics: await Promise.all(topics) }
}
