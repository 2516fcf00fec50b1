import type { GroupKind } from '../shared/groups-of-kind.ts'

/** Share groups, as kafka-share-groups speaks of them. */
export const SHARE: GroupKind = {
  type: 'share',
  states: ['Empty', 'Stable', 'Dead'],
  isNone: 'is not a share group.',
  end: '',
}
