import type { GroupKind } from '../shared/groups-of-kind.ts'

/** Streams groups, as kafka-streams-groups speaks of them. */
export const STREAMS: GroupKind = {
  type: 'streams',
  states: ['Empty', 'NotReady', 'Stable', 'Assigning', 'Reconciling', 'Dead'],
  isNone: 'does not exist or is not a streams group.',
  end: '.',
}
