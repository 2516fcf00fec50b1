/** What decisions about groups read beside the groups: settings, and the cluster's topics. All of it may change between two decisions. */
import type { GroupValues } from '@ottla/config'
import type { GroupTopics, TopicPatterns } from '../ports.ts'
import type { GroupCoordinatorConfig } from './group-config.ts'

export interface GroupPorts {
  /** The broker's settings. Asked whenever one is needed. */
  readonly config: () => GroupCoordinatorConfig
  /** The settings of a group: its own, over the broker's, over the defaults, within the broker's bounds. */
  readonly groupConfig: (groupId: string) => GroupValues
  /** Regular expressions over topic names. */
  readonly patterns: () => TopicPatterns
  /** The newest image's topics. */
  readonly topics: () => GroupTopics
}
