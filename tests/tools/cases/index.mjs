/** All scenarios: the cases of a tool, in order, and what they find at the broker. */
import * as cluster from './cluster.mjs'
import { configs } from './configs.mjs'
import * as consoles from './consoles.mjs'
import * as files from './files.mjs'
import * as groups from './groups.mjs'
import * as load from './load.mjs'
import * as metadata from './metadata.mjs'
import * as partitions from './partitions.mjs'
import { topics } from './topics.mjs'

export const SCENARIOS = [
  topics,
  configs,
  ...[partitions, groups, cluster, files, consoles, load, metadata].flatMap((each) => Object.values(each).flat()),
]
