/**
 * 32 DescribeConfigs, versions 0–4, flexible from 4. Gives the configuration of topics, brokers, groups and other resources.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 1: synonyms and sources
 * - 3: types and documentation
 * - 4: flexible
 */

import { array, bool, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeConfigsRequest = request(
  { key: 32, name: 'DescribeConfigsRequest', versions: '0-4', flexible: '4+' },
  () => ({
    resources: array(
      struct({
        resourceType: int8(),
        resourceName: string(),
        configurationKeys: array(string(), { nullable: '0+' }),
      }),
    ),
    includeSynonyms: bool({ versions: '1+' }),
    includeDocumentation: bool({ versions: '3+' }),
  }),
)
export type DescribeConfigsRequest = Value<typeof DescribeConfigsRequest>

export const DescribeConfigsResponse = response(
  { key: 32, name: 'DescribeConfigsResponse', versions: '0-4', flexible: '4+' },
  () => ({
    throttleTimeMs: int32(),
    results: array(
      struct({
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        resourceType: int8(),
        resourceName: string(),
        configs: array(
          struct({
            name: string(),
            value: string({ nullable: '0+' }),
            readOnly: bool(),
            isDefault: bool({ versions: '0', ignorable: true }),
            configSource: int8({ versions: '1+', default: -1, ignorable: true }),
            isSensitive: bool(),
            synonyms: array(
              struct({
                name: string(),
                value: string({ nullable: '0+' }),
                source: int8(),
              }),
              { versions: '1+', ignorable: true },
            ),
            configType: int8({ versions: '3+', ignorable: true }),
            documentation: string({ versions: '3+', nullable: '0+', ignorable: true }),
          }),
        ),
      }),
    ),
  }),
)
export type DescribeConfigsResponse = Value<typeof DescribeConfigsResponse>
