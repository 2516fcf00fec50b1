/** The API table by key, with the versions that are accepted and what is advertised of them. */
import { API_KEYS, type Api, apiOf } from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import type { ApiHandler, VersionRange } from './apis/handler.ts'

export interface AdvertisedApi {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

export interface ServedApi {
  readonly handler: ApiHandler
  readonly api: Api
  readonly versions: VersionRange
}

const TELEMETRY: ReadonlySet<number> = new Set([API_KEYS.GetTelemetrySubscriptions, API_KEYS.PushTelemetry])

export class ApiIndex {
  /** Sorted by key. */
  readonly advertised: readonly AdvertisedApi[]
  /** For a broker that asks nothing of its clients (KIP-714). */
  readonly advertisedWithoutTelemetry: readonly AdvertisedApi[]
  readonly #byKey: readonly (ServedApi | undefined)[]

  constructor(table: readonly ApiHandler[]) {
    const byKey: ServedApi[] = []
    const advertised: AdvertisedApi[] = []
    for (const handler of table) {
      const api = apiOf(handler.key)
      assert(api !== undefined, `API key ${handler.key} is not one of the protocol's`)
      assert(byKey[handler.key] === undefined, `API key ${handler.key} has two handlers`)
      // The codecs know more: older versions that only clients use, towards older brokers.
      const known = intersection(api.requestVersions, api.advertised)
      const versions = handler.versions ?? known
      byKey[handler.key] = { handler, api, versions }
      const { min, max } = handler.advertised ?? versions
      advertised.push({ apiKey: handler.key, minVersion: min, maxVersion: max })
    }
    this.#byKey = byKey
    this.advertised = advertised.sort((a, b) => a.apiKey - b.apiKey)
    this.advertisedWithoutTelemetry = this.advertised.filter(({ apiKey }) => !TELEMETRY.has(apiKey))
  }

  get(apiKey: number): ServedApi | undefined {
    return this.#byKey[apiKey]
  }
}

function intersection(one: VersionRange, other: VersionRange): VersionRange {
  return { min: Math.max(one.min, other.min), max: Math.min(one.max, other.max) }
}
