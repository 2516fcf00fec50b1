/**
 * One of two brokers that get the same requests: what it answered is noted under a label, in a form that does not depend on ids,
 * ports, clocks and folders, nor on the order of lists whose order says nothing.
 */
import { Closed, recordsIn, Silent, Wire } from '../wire.mjs'

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
const UUID_TEXT = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const HOUR_MS = 3_600_000

/** Fields that tell a thing of one broker or one run; what stands for them. */
const STAND_INS = {
  port: (value, side) => (value === side.port ? '<port>' : value),
  clusterId: (value) => (value === null || value === '' ? value : '<cluster>'),
  topicId: (value, side) => side.topicNameOf(value),
  producerId: (value) => (value < 0 ? value : '<producer>'),
  sessionId: (value) => (value > 0 ? '<session>' : value),
  finalizedFeaturesEpoch: () => '<offset>',
  logDir: () => '<folder>',
  totalBytes: (value) => (value > 0 ? '<bytes>' : value),
  usableBytes: (value) => (value > 0 ? '<bytes>' : value),
  timestamp: aboutNow,
  logAppendTimeMs: aboutNow,
  records: recordsText,
}

function aboutNow(value) {
  return Math.abs(value - Date.now()) < HOUR_MS ? '<now>' : value
}

function recordsText(value) {
  if (value === null) return null
  return recordsIn(value).map((record) => ({ ...record, timestamp: aboutNow(record.timestamp) }))
}

/** Fields that name an item of a list, the first that is there. */
const KEYS = [
  'name',
  'topic',
  'topicName',
  'groupId',
  'resourceName',
  'topicId',
  'memberId',
  'key',
  'apiKey',
  'partitionIndex',
  'partition',
  'index',
  'nodeId',
  'brokerId',
  'offset',
]

export class Side {
  /** label → answer. */
  answers = new Map()
  #topicNames = new Map([[ZERO_UUID, '<none>']])
  #wire
  #bootstrap
  #versions

  static async open(bootstrap) {
    const side = new Side(bootstrap, await Wire.open(bootstrap))
    side.#versions = await side.#ownVersions()
    return side
  }

  constructor(bootstrap, wire) {
    this.#bootstrap = bootstrap
    this.#wire = wire
    this.port = Number(bootstrap.split(':')[1])
  }

  /** Versions of an API that both brokers serve, when `shareWith` was called. */
  versions(name) {
    const range = this.#versions.get(name)
    if (range === undefined) return []
    return Array.from({ length: range.max - range.min + 1 }, (_, index) => range.min + index)
  }

  /** Narrows the versions to those of both. */
  shareWith(other) {
    for (const [name, range] of this.#versions) {
      const theirs = other.#versions.get(name)
      if (theirs === undefined) this.#versions.delete(name)
      else this.#versions.set(name, { min: Math.max(range.min, theirs.min), max: Math.min(range.max, theirs.max) })
    }
  }

  /** Asks, and notes the answer under the label. Gives the answer as it came, `none` with the reason when there was none. */
  async ask(label, name, version, body, options) {
    const key = `${name} v${version}: ${label}`
    if (this.answers.has(key)) throw new Error(`two answers are called ${key}`)
    const answer = await this.askQuietly(name, version, body, options)
    this.answers.set(key, this.#stable(answer))
    return answer
  }

  /** Asks in each version that both serve, or those from `min` to `max`. `body` may be a function of the version. */
  async askAll(label, name, body, { min = 0, max = 99, ...options } = {}) {
    for (const version of this.versions(name)) {
      if (version < min || version > max) continue
      await this.ask(label, name, version, typeof body === 'function' ? body(version) : body, options)
    }
  }

  /** Asks, and notes nothing. `on`: another connection, for what waits while others ask. */
  async askQuietly(name, version, body, { on = this.#wire, ...options } = {}) {
    try {
      const answer = await on.ask(name, version, body, options)
      if (name === 'Metadata' || name === 'CreateTopics') this.#learnIds(answer)
      return answer
    } catch (error) {
      if (!(error instanceof Closed || error instanceof Silent)) {
        throw new Error(`${name} v${version} to ${this.#bootstrap}: ${error.message}`)
      }
      this.#wire.close()
      this.#wire = await Wire.open(this.#bootstrap)
      return { none: error.message }
    }
  }

  /** Notes something that is not an answer. */
  note(label, value) {
    this.answers.set(label, this.#stable(value))
  }

  /** Another connection to the same broker. */
  connect() {
    return Wire.open(this.#bootstrap)
  }

  topicNameOf(id) {
    return this.#topicNames.get(id) ?? '<unknown id>'
  }

  close() {
    this.#wire.close()
  }

  async #ownVersions() {
    const { apiKeys } = await this.#wire.ask('ApiVersions', 3, {
      clientSoftwareName: 'checks',
      clientSoftwareVersion: '1',
    })
    const { apiOf } = await import('@ottla/protocol')
    const known = apiKeys.filter(({ apiKey }) => apiOf(apiKey) !== undefined)
    return new Map(
      known.map(({ apiKey, minVersion, maxVersion }) => {
        const api = apiOf(apiKey)
        const min = Math.max(minVersion, api.requestVersions.min)
        return [api.name, { min, max: Math.min(maxVersion, api.requestVersions.max) }]
      }),
    )
  }

  #learnIds({ topics }) {
    for (const { name, topicId } of topics) {
      if (name && topicId && topicId !== ZERO_UUID) this.#topicNames.set(topicId, `<id of ${name}>`)
    }
  }

  /** Lists of things with names become maps, since their order says nothing. */
  #stableList(list) {
    const items = list.map((item) => this.#stable(item))
    if (items.some((item) => typeof item !== 'object' || item === null)) {
      return items.some((item) => typeof item === 'string') ? items.sort() : items
    }
    const named = {}
    for (const item of items) {
      let key = keyOf(item)
      while (key in named) key += ' again'
      named[key] = item
    }
    return named
  }

  #stable(value, field) {
    if (field in STAND_INS && value !== undefined && !Array.isArray(value)) return STAND_INS[field](value, this)
    if (Buffer.isBuffer(value)) return value.toString('hex')
    if (typeof value === 'string') return value.replaceAll(UUID_TEXT, '<uuid>').replaceAll(`:${this.port}`, ':<port>')
    if (Array.isArray(value)) return this.#stableList(value)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#stable(inner, key)]))
  }
}

/** What tells one item of a list from another. */
function keyOf(item) {
  const field = KEYS.find((name) => item[name] !== undefined && item[name] !== null && item[name] !== '')
  return field === undefined ? '' : `${item[field]}`
}
