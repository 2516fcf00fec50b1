/** A Produce request of one record, as bytes, and the error code of its answer. */
import {
  BatchBuilder,
  codecOf,
  ErrorCode,
  ProduceRequest,
  ProduceResponse,
  Reader,
  RequestHeader,
  Writer,
} from '@ottla/protocol'

const version = 9

export const produceFrame = {
  bytes(topic) {
    const builder = new BatchBuilder()
    builder.append({ value: Buffer.from('first'), timestamp: Date.now() })
    const writer = new Writer()
    codecOf(RequestHeader, 2).encode(writer, {
      requestApiKey: 0,
      requestApiVersion: version,
      correlationId: 1,
      clientId: 'bench',
    })
    codecOf(ProduceRequest, version).encode(writer, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records: builder.build() }] }],
    })
    const body = Buffer.concat(writer.finish())
    const size = Buffer.alloc(4)
    size.writeInt32BE(body.length)
    return Buffer.concat([size, body])
  },
  errorOf(bytes) {
    const reader = new Reader(bytes, 8)
    reader.uvarint() // the header has no tagged fields
    const response = codecOf(ProduceResponse, version).decode(reader)
    return response.responses[0]?.partitionResponses[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
  },
}
