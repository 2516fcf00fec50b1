/** The membership that the options ask for. */
import { ChoosingMembership } from './choosing-membership.ts'
import { ClassicMembership } from './classic-membership.ts'
import { ConsumerMembership } from './consumer-membership.ts'
import type { Membership, MembershipOptions } from './membership.ts'

export function newMembership(parts: MembershipOptions): Membership {
  switch (parts.options.groupProtocol) {
    case 'consumer':
      return new ConsumerMembership(parts)
    case 'classic':
      return new ClassicMembership(parts)
    case 'either':
      return new ChoosingMembership(parts)
  }
}
