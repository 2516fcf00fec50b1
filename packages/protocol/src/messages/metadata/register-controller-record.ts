/**
 * Type 27. A controller registered its endpoints and features. Version 0, always flexible.
 */

import { array, bool, int16, int32, string, struct, uint16, uuid } from '../../schema/field.ts'
import { metadataRecord, type Value } from '../../schema/schema.ts'

export const RegisterControllerRecord = metadataRecord(
  { key: 27, name: 'RegisterControllerRecord', versions: '0', flexible: '0+' },
  () => ({
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    endPoints: array(
      struct({
        name: string(),
        host: string(),
        port: uint16(),
        securityProtocol: int16(),
      }),
    ),
    features: array(
      struct({
        name: string(),
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      }),
    ),
  }),
)
export type RegisterControllerRecord = Value<typeof RegisterControllerRecord>
