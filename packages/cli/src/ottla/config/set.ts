/** `ottla config set` and `ottla config unset`. */
import { type Admin, type ConfigChange, type ConfigResource, unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { similarTo } from '../did-you-mean.ts'
import { codeOf, messageOf } from '../failure.ts'
import { Failure, UsageProblem } from '../usage-problem.ts'
import { entriesOf, parseEntity } from './entity.ts'

export async function run(invocation: Invocation): Promise<void> {
  const { args } = invocation
  if (args.has('append') && args.has('subtract')) throw new UsageProblem('--append and --subtract exclude each other')
  const kind = args.has('append') ? 'append' : args.has('subtract') ? 'subtract' : 'set'
  const changes = args.arguments('KEY=VALUE').map((text): ConfigChange => {
    const equals = text.indexOf('=')
    if (equals < 1) throw new UsageProblem(`KEY=VALUE, not '${text}'`)
    return { kind, name: text.slice(0, equals), value: text.slice(equals + 1) }
  })
  await change(invocation, changes)
}

export async function runUnset(invocation: Invocation): Promise<void> {
  await change(
    invocation,
    invocation.args.arguments('KEY').map((name) => ({ kind: 'delete', name })),
  )
}

async function change({ args, screen, open }: Invocation, changes: readonly ConfigChange[]): Promise<void> {
  const entity = args.required('ENTITY')
  const resource = parseEntity(entity)
  const { admin } = await open()
  const before = new Map(
    (await entriesOf(admin, resource)).map(({ name, value, isSensitive }) => [name, isSensitive ? '***' : value]),
  )
  const isDry = args.has('dry-run')
  try {
    for (const outcome of (
      await admin.incrementalAlterConfigs([{ resource, changes }], { validateOnly: isDry })
    ).values())
      unwrap(outcome)
  } catch (error) {
    throw explained(error, changes, before.keys())
  }
  const after = isDry ? null : await valuesAfter(admin, resource)
  const rows = changes.map((each) => ({
    name: each.name,
    before: before.get(each.name) ?? null,
    after: after === null ? (each.kind === 'delete' ? null : each.value) : (after.get(each.name) ?? null),
    isChanged: !isDry,
  }))
  screen.json(rows)
  const verb = isDry ? 'Would change' : 'Changed'
  for (const row of rows)
    screen.say(
      `${verb} ${row.name} of ${screen.style.bold(entity)}: ${row.before ?? 'nothing'} → ${row.after ?? 'its default'}`,
    )
}

async function valuesAfter(admin: Admin, resource: ConfigResource): Promise<Map<string, string | null>> {
  const entries = await entriesOf(admin, resource)
  return new Map(entries.map(({ name, value, isSensitive }) => [name, isSensitive ? '***' : value]))
}

/** A key that nobody knows is mistyped more often than not. */
function explained(error: unknown, changes: readonly ConfigChange[], known: Iterable<string>): unknown {
  if (codeOf(error) !== 'INVALID_CONFIG') return error
  const names = [...known]
  const unknown = changes.map(({ name }) => name).find((name) => !names.includes(name))
  const meant = unknown === undefined ? [] : similarTo(unknown, names)
  return new Failure(messageOf(error), {
    hint: meant.length === 0 ? undefined : `Did you mean ${meant.join(', ')}?`,
    cause: error,
  })
}
