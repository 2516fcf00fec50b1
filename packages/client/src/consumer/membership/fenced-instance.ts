/** The end of a static member whose place another one has taken. */
import { BrokerError } from '../../errors.ts'
import type { ResolvedConsumerOptions } from '../consumer-options.ts'

export function fencedInstance(
  cause: BrokerError,
  group: string,
  { groupInstanceId }: Pick<ResolvedConsumerOptions, 'groupInstanceId'>,
): BrokerError {
  const message =
    `another consumer joined group ${group} with the same groupInstanceId ${groupInstanceId} and took the place of this one: ` +
    'each member needs an id of its own, and a process that is replaced has to end first'
  return new BrokerError(cause.errorCode, message, { group, cause })
}
