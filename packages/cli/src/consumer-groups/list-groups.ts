/** kafka-consumer-groups --list: names; with --state and --type columns. */
import { printLine } from '../io.ts'
import { UsageError } from '../options/usage-error.ts'
import { capitalized } from '../shared/capitalized.ts'
import type { GroupCommand } from '../shared/group-command.ts'
import { consumerGroups } from './select-groups.ts'

const STATES = ['Reconciling', 'PreparingRebalance', 'CompletingRebalance', 'Assigning', 'Stable', 'Empty', 'Dead']
const TYPES = ['Consumer', 'Classic']
const NAME_WIDTH = 15
const NAME_GAP = 10
const WIDTH = 20

export async function listGroups(command: GroupCommand): Promise<void> {
  const { options, io } = command
  const hasState = options.has('state')
  const hasType = options.has('type')
  const states = chosen(options.value('state'), STATES, 'state')
  const types = chosen(options.value('type'), TYPES, 'types')
  const groups = await consumerGroups(command, {
    ...(states.length === 0 ? {} : { states }),
    ...(types.length === 0 ? {} : { types }),
  })
  if (!hasState && !hasType) {
    for (const { group } of groups) printLine(io.stdout, group)
    return
  }
  const nameWidth = Math.max(NAME_WIDTH, ...groups.map(({ group }) => group.length)) + NAME_GAP
  const row = (group: string, type: string, state: string) => {
    const cells = [group.padEnd(nameWidth)]
    if (hasType) cells.push(type.padEnd(WIDTH))
    if (hasState) cells.push(state.padEnd(WIDTH))
    return cells.join(' ')
  }
  printLine(io.stdout, row('GROUP', 'TYPE', 'STATE'))
  for (const { group, type, state } of groups) printLine(io.stdout, row(group, capitalized(type), state))
}

/** Names with commas between, in any case. */
function chosen(text: string | undefined, known: readonly string[], what: string): string[] {
  if (text === undefined || text === '') return []
  return text.split(',').map((name) => {
    const found = known.find((one) => one.toLowerCase() === name.trim().toLowerCase())
    if (found !== undefined) return found
    const valid = `Valid ${what === 'state' ? 'states' : 'types'} are: ${known.join(', ')}`
    throw new UsageError(`Invalid ${what} list '${text}'. ${valid}`)
  })
}
