/** Groups that stand still though there is work, or fall behind: two looks, some seconds apart. */
import { lagRows } from '../group/lag.ts'
import { formatCount, formatDuration, plural } from '../quantities.ts'
import { pause } from '../screen/live.ts'
import { type Finding, note, ok, problem, someOf } from './finding.ts'
import type { Patient } from './patient.ts'

/** Lag that comes and goes within a fetch is none. */
const LAG_MIN = 100

export async function checkGroups({ admin, io, options }: Patient): Promise<Finding[]> {
  const listings = await admin.listGroups()
  if (listings.length === 0) return []
  const startedAt = io.env.clock.monotonic()
  const first = await lagRows(admin, listings, null)
  await pause(io.env, options.waitMs, io.signal)
  const elapsedMs = io.env.clock.monotonic() - startedAt
  const again = await admin.listGroups()
  const second = await lagRows(admin, again, { rows: first, elapsedMs })
  const findings: Finding[] = []
  const forgotten: string[] = []
  for (const row of second) {
    const before = first.find(({ group, topic }) => group === row.group && topic === row.topic)
    if (before === undefined || row.lag === null || before.lag === null || row.lag < LAG_MIN) continue
    const name = `group ${row.group} on ${row.topic}`
    if (row.members === 0) forgotten.push(`${row.group}/${row.topic}`)
    else if (row.committed === before.committed) {
      findings.push(
        problem('warning', 'group-stuck', {
          what: `${name} has ${formatCount(row.lag)} records to do and ${plural(row.members, 'member')}, and committed nothing in ${formatDuration(elapsedMs)}`,
          why: 'A handler hangs, one record fails again and again, or commits are rare.',
          fix: `Look into the consumers; \`ottla group describe ${row.group}\` says which partitions stand still.`,
        }),
      )
    } else if (row.lag > before.lag) {
      findings.push(
        problem('warning', 'group-falling-behind', {
          what: `${name} falls behind: ${formatCount(before.lag)} → ${formatCount(row.lag)} records within ${formatDuration(elapsedMs)}`,
          why: 'More comes in than is done.',
          fix: 'Add consumers (up to the number of partitions), or make them faster.',
        }),
      )
    }
  }
  const rebalancing = again.filter(
    ({ state, group }) => isMoving(state) && listings.some((each) => each.group === group && isMoving(each.state)),
  )
  for (const { group, state } of rebalancing) {
    findings.push(
      problem('warning', 'group-rebalancing', {
        what: `group ${group} was ${state} at both looks, ${formatDuration(elapsedMs)} apart`,
        why: 'While a group rebalances, its records wait; members that poll too rarely make it do so again and again.',
        fix: 'Compare max.poll.interval.ms with the time that a batch takes, and look for members that come and go.',
      }),
    )
  }
  if (forgotten.length > 0)
    findings.push(
      note(
        'group-abandoned',
        `lag without members: ${someOf(forgotten)}`,
        'Nobody works on it now: the consumers are stopped, or gone (`ottla group delete`).',
      ),
    )
  if (findings.length === 0)
    findings.push(ok('groups-healthy', `no group stands still or falls behind (${listings.length} looked at)`))
  return findings
}

function isMoving(state: string): boolean {
  return state !== 'Stable' && state !== 'Empty' && state !== 'Dead' && state !== ''
}
