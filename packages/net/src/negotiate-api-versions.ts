/** Asks a broker what it speaks (ApiVersions, KIP-35, with the fallback of KIP-511). */
import { ApiVersionsRequest, type ApiVersionsResponse, ErrorCode, errorOf, type Value } from '@ottla/protocol'
import { ConnectionError } from './connection-error.ts'

export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** What a broker said of itself. */
export interface PeerVersions {
  /** Versions by API key. */
  readonly apis: ReadonlyMap<number, VersionRange>
  /** Finalized feature levels by name; empty when the broker names none. */
  readonly features: ReadonlyMap<string, number>
}

type ApiVersionsAnswer = Value<typeof ApiVersionsResponse>

/** The newest version that is asked for first. */
const FIRST_VERSION = 4

/** `ask` sends one ApiVersions request of the given version and resolves to its answer. */
export async function negotiateApiVersions(
  ask: (version: number) => Promise<ApiVersionsAnswer>,
): Promise<PeerVersions> {
  let answer = await ask(Math.min(FIRST_VERSION, ApiVersionsRequest.versions.max))
  if (answer.errorCode === ErrorCode.UNSUPPORTED_VERSION) {
    const own = answer.apiKeys.find(({ apiKey }) => apiKey === ApiVersionsRequest.key)
    answer = await ask(Math.min(own?.maxVersion ?? 0, FIRST_VERSION - 1))
  }
  if (answer.errorCode !== ErrorCode.NONE) {
    const { name, message } = errorOf(answer.errorCode)
    throw new ConnectionError('UNSUPPORTED_VERSION', `the broker refused ApiVersions: ${name} (${message})`)
  }
  return {
    apis: new Map(answer.apiKeys.map((api) => [api.apiKey, { min: api.minVersion, max: api.maxVersion }])),
    features: new Map(answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])),
  }
}
