/**
 * The principal of a forwarded request. Version 0, always flexible.
 */

import { bool, string } from '../schema/field.ts'
import { data, type Value } from '../schema/schema.ts'

export const DefaultPrincipalData = data({ name: 'DefaultPrincipalData', versions: '0', flexible: '0+' }, () => ({
  type: string(),
  name: string(),
  tokenAuthenticated: bool(),
}))
export type DefaultPrincipalData = Value<typeof DefaultPrincipalData>
