/** kafka-reassign-partitions --cancel: moves that are under way end where they began. */
import { printLine } from '../io.ts'
import { readTextFile } from '../shared/json-file.ts'
import { type Command, placesOf, plural, Refused } from './command.ts'
import { failuresOf, startDirMoves } from './execute.ts'
import { inOrder, keyOf, readSoundAssignments, replicaKey } from './reassignment-json.ts'
import { clearThrottles } from './throttles.ts'

export async function cancel(command: Command): Promise<void> {
  const { admin, options, io } = command
  const wanted = readSoundAssignments(readTextFile(options.required('reassignment-json-file'), io))
  await cancelReassignments(command, new Set(wanted.assignments.map(keyOf)))
  const places = await placesOf(admin, wanted.dirs)
  const back = wanted.dirs.flatMap((dir) => {
    const place = places.get(replicaKey(dir))
    if (place === undefined || place.current === null || place.future === null) return []
    return [{ ...dir, path: place.current }]
  })
  // No end of line: so it is with Kafka's tool.
  if (back.length === 0) io.stdout.write('None of the specified partition moves are active.')
  else await startDirMoves(command, inOrder(back), options.integer('timeout') ?? 0)
  if (!options.has('preserve-throttles')) await clearThrottles(admin, wanted.assignments, io)
}

async function cancelReassignments({ admin, io }: Command, keys: ReadonlySet<string>): Promise<void> {
  const active = (await admin.listReassignments()).filter((ongoing) => keys.has(keyOf(ongoing)))
  if (active.length === 0) return printLine(io.stdout, 'None of the specified partition reassignments are active.')
  const targets = inOrder(active).map(({ topic, partition }) => ({ topic, partition, replicas: null }))
  const errors = failuresOf(targets, await admin.replicas.reassign(targets))
  if (errors.length > 0) {
    throw new Refused(`Error cancelling partition reassignment${plural(errors.length)} for:\n${errors.join('\n')}`)
  }
  const names = targets.map(keyOf).join(',')
  printLine(io.stdout, `Successfully cancelled partition reassignment${plural(targets.length)} for: ${names}`)
}
