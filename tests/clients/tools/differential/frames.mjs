/** Scenarios on frames that no client should send: answered, or the end of the connection. */
import { API_KEYS, ApiVersionsResponse, decodeMessage } from '@ottla/protocol'
import { Closed, Silent } from '../wire.mjs'

function frameOf({ key, version, flexible = false, body = Buffer.alloc(0) }) {
  const head = Buffer.alloc(flexible ? 15 : 14)
  head.writeInt32BE(head.length - 4 + body.length, 0)
  head.writeInt16BE(key, 4)
  head.writeInt16BE(version, 6)
  head.writeInt32BE(7, 8)
  head.writeInt16BE(-1, 12)
  return Buffer.concat([head, body])
}

export async function oddFrames(side) {
  const { Metadata, ApiVersions, Heartbeat, Fetch } = API_KEYS
  const frames = {
    'unknown key': frameOf({ key: 999, version: 0 }),
    'negative key': frameOf({ key: -1, version: 0 }),
    'version too new': frameOf({ key: Metadata, version: 99, flexible: true }),
    'version too old': frameOf({ key: Fetch, version: 0 }),
    'negative version': frameOf({ key: Metadata, version: -1 }),
    'nothing behind the header': frameOf({ key: Heartbeat, version: 0 }),
    'a count that lies': frameOf({ key: Metadata, version: 1, body: Buffer.from([0x7f, 0xff, 0xff, 0xff]) }),
    'a negative count': frameOf({ key: Metadata, version: 4, body: Buffer.from([0xff, 0xff, 0xff, 0xfe, 0]) }),
    'a string that lies': frameOf({ key: Heartbeat, version: 0, body: Buffer.from([0x7f, 0xff, 1, 2, 3]) }),
    'a null that may not be': frameOf({
      key: Heartbeat,
      version: 0,
      body: Buffer.from([0xff, 0xff, 0, 0, 0, 1, 0, 0]),
    }),
    'no frame at all': Buffer.from([0, 0, 0, 0]),
    'a negative size': Buffer.from([0xff, 0xff, 0xff, 0xff]),
    'a size beyond the limit': Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0]),
    'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  }
  for (const [label, frame] of Object.entries(frames)) side.note(label, await outcomeOf(side, frame))
  const answer = await exchange(side, frameOf({ key: ApiVersions, version: 99, flexible: true }))
  const { errorCode, apiKeys } = decodeMessage(ApiVersionsResponse, 0, answer.subarray(4))
  side.note('ApiVersions of a version too new', { errorCode, keys: apiKeys.map(({ apiKey }) => apiKey) })
}

async function exchange(side, frame) {
  const wire = await side.connect()
  try {
    return await wire.exchange(frame)
  } finally {
    wire.close()
  }
}

async function outcomeOf(side, frame) {
  try {
    await exchange(side, frame)
    return 'an answer'
  } catch (error) {
    if (error instanceof Closed || error instanceof Silent) return error.message
    throw error
  }
}
