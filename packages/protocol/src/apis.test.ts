import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { API_KEYS, APIS, type Api, allApis, apiOf } from './apis.ts'
import { hasVersion, NO_VERSIONS, parseVersions, type VersionRange } from './schema/versions.ts'

interface HeaderRow {
  readonly from: number
  readonly to: number
  readonly header: number
}

interface Row {
  readonly apiKey: number
  readonly name: string
  readonly requestVersions: string
  readonly requestFlexible: string
  readonly responseFlexible: string
  readonly listeners: readonly string[]
  readonly clusterAction: boolean
  readonly forwardable: boolean
  readonly removed?: boolean
  readonly latestVersionUnstable?: boolean
  readonly requestHeader?: readonly HeaderRow[]
  readonly responseHeader?: readonly HeaderRow[]
  readonly advertised?: { readonly broker?: readonly [number, number]; readonly controller?: readonly [number, number] }
}

const rows = (JSON.parse(readFileSync(new URL('../golden/apis.json', import.meta.url), 'utf8')) as { apis: Row[] }).apis

function rowOf(api: Api): Row {
  const row = rows.find(({ apiKey }) => apiKey === api.key)
  assert.ok(row, api.name)
  return row
}

function asPair(range: VersionRange): readonly [number, number] | undefined {
  return range === NO_VERSIONS ? undefined : [range.min, range.max]
}

function checkHeaders(
  rowsOfHeader: readonly HeaderRow[] | undefined,
  headerVersion: (version: number) => number,
): void {
  for (const { from, to, header } of rowsOfHeader ?? []) {
    for (let version = from; version <= to; version++) assert.equal(headerVersion(version), header)
  }
}

describe('the table of APIs', () => {
  it('has the keys and names of Kafka, without gaps', () => {
    assert.deepEqual(
      Object.entries(API_KEYS).map(([name, apiKey]) => ({ apiKey, name })),
      rows.map(({ apiKey, name }) => ({ apiKey, name })),
    )
    for (const [key, api] of allApis().entries()) assert.equal(api.key, key)
    for (const [name, api] of Object.entries(APIS)) assert.equal(api.name, name)
    assert.equal(apiOf(rows.length), undefined)
    assert.equal(apiOf(-1), undefined)
  })

  it('has the listeners, rights and advertised versions of Kafka', () => {
    for (const api of allApis()) {
      const row = rowOf(api)
      assert.deepEqual([...api.listeners].sort(), [...row.listeners].sort(), api.name)
      assert.equal(api.clusterAction, row.clusterAction, api.name)
      assert.equal(api.forwardable, row.forwardable, api.name)
      assert.equal(api.removed, row.removed === true, api.name)
      assert.equal(api.latestVersionUnstable, row.latestVersionUnstable === true, api.name)
      assert.deepEqual(asPair(api.advertised), row.advertised?.broker ?? row.advertised?.controller, api.name)
    }
  })

  it('covers all versions that Kafka speaks, and goes further down only', () => {
    for (const api of allApis().filter(({ removed }) => !removed)) {
      const spoken = parseVersions(rowOf(api).requestVersions)
      assert.ok(api.requestVersions.min <= spoken.min, api.name)
      assert.equal(api.requestVersions.max, spoken.max, api.name)
    }
  })

  it('pairs requests and responses of the same versions', () => {
    for (const api of allApis()) {
      assert.equal(api.request.key, api.response.key)
      assert.deepEqual(api.request.versions, api.response.versions, api.name)
      const { min, max } = api.requestVersions
      for (let version = min; version <= max; version++) {
        assert.equal(hasVersion(api.request.flexible, version), hasVersion(api.response.flexible, version), api.name)
      }
    }
  })

  it('knows which header stands before which version', () => {
    for (const api of allApis()) {
      const row = rowOf(api)
      checkHeaders(row.requestHeader, (version) => api.requestHeaderVersion(version))
      checkHeaders(row.responseHeader, (version) => api.responseHeaderVersion(version))
    }
    assert.equal(APIS.ControlledShutdown.requestHeaderVersion(0), 0)
    assert.equal(APIS.ControlledShutdown.requestHeaderVersion(1), 1)
  })
})
