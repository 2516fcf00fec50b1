/**
 * 18 ApiVersions, versions 0–5, flexible from 3. Tells which APIs and versions a node speaks. The answer always has response
 * header 0, so that a client can read it before it knows anything.
 *
 * - 3: flexible; name and version of the client, features
 * - 4: features may begin at level 0
 * - 5: cluster id and node id that the client means to talk to
 */

import { array, bool, int16, int32, int64, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ApiVersionsRequest = request(
  { key: 18, name: 'ApiVersionsRequest', versions: '0-5', flexible: '3+' },
  () => ({
    clientSoftwareName: string({ versions: '3+', ignorable: true }),
    clientSoftwareVersion: string({ versions: '3+', ignorable: true }),
    clusterId: string({ versions: '5+', nullable: '0+', default: null, ignorable: true }),
    nodeId: int32({ versions: '5+', default: -1, ignorable: true }),
  }),
)
export type ApiVersionsRequest = Value<typeof ApiVersionsRequest>

export const ApiVersionsResponse = response(
  { key: 18, name: 'ApiVersionsResponse', versions: '0-5', flexible: '3+' },
  () => ({
    errorCode: int16(),
    apiKeys: array(
      struct({
        apiKey: int16(),
        minVersion: int16(),
        maxVersion: int16(),
      }),
    ),
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    supportedFeatures: array(
      struct({
        name: string(),
        minVersion: int16(),
        maxVersion: int16(),
      }),
      { versions: '3+', tag: 0, ignorable: true },
    ),
    finalizedFeaturesEpoch: int64({ versions: '3+', tag: 1, default: -1, ignorable: true }),
    finalizedFeatures: array(
      struct({
        name: string(),
        maxVersionLevel: int16(),
        minVersionLevel: int16(),
      }),
      { versions: '3+', tag: 2, ignorable: true },
    ),
    zkMigrationReady: bool({ versions: '3+', tag: 3, ignorable: true }),
  }),
)
export type ApiVersionsResponse = Value<typeof ApiVersionsResponse>
