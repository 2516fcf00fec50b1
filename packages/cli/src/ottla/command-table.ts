/** All commands of `ottla`. Help, completion, man pages and the reference of the guide are made from this. */
import type { CommandGroup, CommandSection, CommandSpec, OptionSpec } from './command.ts'
import { ACL_COMMANDS } from './tables/acl-table.ts'
import { CLUSTER_COMMANDS } from './tables/cluster-table.ts'
import { CONNECTION_OPTIONS, GENERAL_OPTIONS, JSON_OPTION } from './tables/common-options-table.ts'
import { CONFIG_COMMANDS } from './tables/config-table.ts'
import { CONTEXT_COMMANDS } from './tables/context-table.ts'
import { DOCTOR_COMMANDS } from './tables/doctor-table.ts'
import { GROUP_COMMANDS } from './tables/group-table.ts'
import { PROGRAM_COMMANDS } from './tables/program-table.ts'
import { RECORDS_COMMANDS } from './tables/records-table.ts'
import { RUN_COMMANDS } from './tables/run-table.ts'
import { TOPIC_COMMANDS } from './tables/topic-table.ts'
import { USER_COMMANDS } from './tables/user-table.ts'

export const COMMANDS: readonly CommandSpec[] = [
  ...RUN_COMMANDS,
  ...RECORDS_COMMANDS,
  ...TOPIC_COMMANDS,
  ...GROUP_COMMANDS,
  ...CONFIG_COMMANDS,
  ...CLUSTER_COMMANDS,
  ...ACL_COMMANDS,
  ...USER_COMMANDS,
  ...DOCTOR_COMMANDS,
  ...CONTEXT_COMMANDS,
  ...PROGRAM_COMMANDS,
]

export const GROUPS: readonly CommandGroup[] = [
  { name: 'topic', summary: 'Topics: list, create, describe, alter, clone, purge, delete' },
  { name: 'group', summary: 'Groups: list, describe, lag, reset, clone, delete' },
  { name: 'config', summary: 'Settings of topics, brokers and groups: get, set, unset, diff' },
  { name: 'acl', summary: 'Who may do what: list, add, remove' },
  { name: 'user', summary: 'Users and their passwords (SCRAM): list, set, remove' },
  { name: 'cluster', summary: 'The cluster: brokers, features, health' },
  { name: 'context', summary: 'Clusters by name, with how to connect to them' },
]

export const SECTIONS: readonly CommandSection[] = [
  { title: 'Begin', names: ['start', 'demo'] },
  { title: 'Records', names: ['produce', 'consume', 'tail', 'take', 'redrive'] },
  { title: 'Topics', names: ['topic'] },
  { title: 'Groups', names: ['group'] },
  { title: 'Cluster', names: ['cluster', 'config', 'acl', 'user', 'doctor', 'bench'] },
  { title: 'This program', names: ['use', 'context', 'completion', 'help', 'version'] },
]

/** The command that the words begin with, and what follows it. */
export function findCommand(argv: readonly string[]): { command: CommandSpec; argv: readonly string[] } | null {
  const [first = '', second = ''] = argv
  for (const command of COMMANDS) {
    const [word, ownWord] = command.name.split(' ')
    if (ownWord === undefined) {
      const names = [word, ...(command.aliases ?? [])]
      if (names.includes(first)) return { command, argv: argv.slice(1) }
    } else if (word === first && [ownWord, ...(command.aliases ?? [])].includes(second)) {
      return { command, argv: argv.slice(2) }
    }
  }
  return null
}

/** Its own options, then those that it shares with others. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  return [
    ...(command.options ?? []),
    ...(command.json === undefined ? [] : [JSON_OPTION]),
    ...(command.isLocal === true ? [] : CONNECTION_OPTIONS),
    ...GENERAL_OPTIONS,
  ]
}
