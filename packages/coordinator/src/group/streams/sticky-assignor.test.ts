import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Prng } from '@ottla/stdx'
import type { ConfiguredSubtopology } from './configure-topics.ts'
import { type AssignableMember, assignSticky, type TaskAssignment } from './sticky-assignor.ts'
import { eachTask, NO_TASKS, type Tasks, taskIdsOf } from './tasks.ts'

interface Given {
  readonly process?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly target?: Tasks
  readonly offsets?: Readonly<Record<string, Readonly<Record<number, number>>>>
}

function members(given: Readonly<Record<string, Given>>): AssignableMember[] {
  return Object.entries(given).map(
    ([memberId, { process = memberId, tags = {}, target = NO_TASKS, offsets = {} }]) => ({
      memberId,
      processId: process,
      clientTags: new Map(Object.entries(tags)),
      target,
      taskOffsets: new Map(
        Object.entries(offsets).map(([id, each]) => [
          id,
          new Map(Object.entries(each).map(([p, o]) => [Number(p), o])),
        ]),
      ),
    }),
  )
}

function subtopology(subtopologyId: string, taskCount: number, kind: 'stateful' | 'stateless'): ConfiguredSubtopology {
  const isStateful = kind === 'stateful'
  return { subtopologyId, taskCount, isStateful, sourceTopics: [], repartitionSourceTopics: [], changelogTopics: [] }
}

function print(assignment: TaskAssignment): Record<string, string> {
  const words = (name: string, tasks: Tasks['active']) =>
    taskIdsOf(tasks).map(({ subtopologyId, partitions }) => `${name} ${subtopologyId}:${partitions.join(',')}`)
  return Object.fromEntries(
    [...assignment].map(([memberId, { active, standby }]) => [
      memberId,
      [...words('active', active), ...words('standby', standby)].join(' '),
    ]),
  )
}

const base = { standbyReplicas: 0, rackAwareTags: [] }

test('a new group shares tasks evenly, like partitions of the subtopologies together', () => {
  const subtopologies = [subtopology('0', 4, 'stateful'), subtopology('1', 4, 'stateful')]
  const assignment = assignSticky({ ...base, members: members({ a: {}, b: {} }), subtopologies })
  deepEqual(print(assignment), { a: 'active 0:0,2 active 1:0,2', b: 'active 0:1,3 active 1:1,3' })
})

test('who has tasks keeps its share of them when another comes, and gets them all when it is alone again', () => {
  const subtopologies = [subtopology('0', 4, 'stateful')]
  const alone = assignSticky({ ...base, members: members({ a: {} }), subtopologies })
  const both = assignSticky({ ...base, members: members({ a: { target: alone.get('a')! }, b: {} }), subtopologies })
  deepEqual(print(both), { a: 'active 0:0,1', b: 'active 0:2,3' })
  const again = assignSticky({ ...base, members: members({ b: { target: both.get('b')! } }), subtopologies })
  deepEqual(print(again), { b: 'active 0:0,1,2,3' })
})

test('a process with more threads takes more tasks', () => {
  const subtopologies = [subtopology('0', 6, 'stateless')]
  const given = { a1: { process: 'a' }, a2: { process: 'a' }, b: {} }
  const assignment = assignSticky({ ...base, members: members(given), subtopologies })
  deepEqual(
    [...assignment.values()].map(({ active }) => [...eachTask(active)].length),
    [2, 2, 2],
  )
})

test('tasks with state and tasks without are each shared evenly', () => {
  const subtopologies = [subtopology('0', 4, 'stateful'), subtopology('1', 4, 'stateless')]
  const assignment = assignSticky({ ...base, members: members({ a: {}, b: {}, c: {}, d: {} }), subtopologies })
  for (const { active } of assignment.values()) deepEqual([active.get('0')?.size, active.get('1')?.size], [1, 1])
})

test('standby tasks are of subtopologies with state alone, and never where the task is', () => {
  const subtopologies = [subtopology('0', 2, 'stateful'), subtopology('1', 2, 'stateless')]
  const assignment = assignSticky({ ...base, standbyReplicas: 1, members: members({ a: {}, b: {} }), subtopologies })
  deepEqual(print(assignment), {
    a: 'active 0:0 active 1:0 standby 0:1',
    b: 'active 0:1 active 1:1 standby 0:0',
  })
})

test('more standby replicas than processes: as many as there are', () => {
  const subtopologies = [subtopology('0', 1, 'stateful')]
  const given = { a1: { process: 'a' }, a2: { process: 'a' }, b: {} }
  const assignment = assignSticky({ ...base, standbyReplicas: 2, members: members(given), subtopologies })
  equal([...assignment.values()].flatMap(({ standby }) => [...eachTask(standby)]).length, 1)
})

test('when the one that had a task is gone, the one with the standby task takes it', () => {
  const subtopologies = [subtopology('0', 3, 'stateful')]
  const given = { a: {}, b: {}, c: {} }
  const before = assignSticky({ ...base, standbyReplicas: 1, members: members(given), subtopologies })
  const [lost] = [...eachTask(before.get('a')!.active)]
  const holder = ['b', 'c'].find((id) => before.get(id)!.standby.get('0')?.has(lost![1]))!
  const left = members({ b: { target: before.get('b')! }, c: { target: before.get('c')! } })
  const after = assignSticky({ ...base, standbyReplicas: 1, members: left, subtopologies })
  ok(after.get(holder)!.active.get('0')?.has(lost![1]))
})

test('who comes back under a new id with the state on its disk gets the task again, the furthest first', () => {
  const subtopologies = [subtopology('0', 2, 'stateful')]
  const given = members({ x: { offsets: { '0': { 1: 90 } } }, y: { offsets: { '0': { 0: 70, 1: 20 } } } })
  const assignment = assignSticky({ ...base, members: given, subtopologies })
  deepEqual(print(assignment), { x: 'active 0:1', y: 'active 0:0' })
})

test('standby tasks go to where the tags of clients differ: the first tag weighs most', () => {
  const subtopologies = [subtopology('0', 1, 'stateful')]
  const given = {
    a: { tags: { zone: '1', cluster: 'x' } },
    b: { tags: { zone: '1', cluster: 'y' } },
    c: { tags: { zone: '2', cluster: 'x' } },
    d: { tags: { zone: '2', cluster: 'y' } },
  }
  const pick = (rackAwareTags: readonly string[]) =>
    print(assignSticky({ standbyReplicas: 1, rackAwareTags, members: members(given), subtopologies }))
  deepEqual(pick(['zone', 'cluster']), { a: 'active 0:0', b: '', c: '', d: 'standby 0:0' })
  deepEqual(pick(['cluster']), { a: 'active 0:0', b: 'standby 0:0', c: '', d: '' })
  deepEqual(pick(['nothing']), { a: 'active 0:0', b: 'standby 0:0', c: '', d: '' })
})

test('whatever the group: each task once active, no process twice with a task, shares even, and nothing moves without need', () => {
  const prng = new Prng('sticky')
  for (let round = 0; round < 300; round++) {
    const pick = (max: number) => prng.below(max)
    const subtopologies = Array.from({ length: 1 + pick(3) }, (_, index) =>
      subtopology(String(index), 1 + pick(8), pick(2) === 0 ? 'stateful' : 'stateless'),
    )
    const standbyReplicas = pick(3)
    const rackAwareTags = pick(3) === 0 ? ['zone'] : []
    let group = members(
      Object.fromEntries(
        Array.from({ length: 1 + pick(6) }, (_, index) => [
          `m${index}`,
          { process: `p${pick(4)}`, tags: { zone: String(pick(3)) } },
        ]),
      ),
    )
    for (let change = 0; change < 4; change++) {
      const input = { members: group, subtopologies, standbyReplicas, rackAwareTags }
      const assignment = assignSticky(input)
      check(assignment, input.members, subtopologies)
      const again = assignSticky({ ...input, members: withTargets(group, assignment) })
      // Where processes have several members, or tasks are of two kinds, one more assignment may even out what is left uneven.
      const isPlain = new Set(group.map(({ processId }) => processId)).size === group.length
      if (standbyReplicas === 0 && isPlain && new Set(subtopologies.map((each) => each.isStateful)).size === 1)
        deepEqual(print(again), print(assignment), 'nothing changed, so nothing moves')
      group = withTargets(group, assignment)
      if (pick(2) === 0 && group.length > 1) group = group.filter((_, index) => index !== 0)
      else group = [...group, ...members({ [`n${change}`]: { process: `p${pick(5)}` } })]
    }
  }
})

function withTargets(group: readonly AssignableMember[], assignment: TaskAssignment): AssignableMember[] {
  return group.map((member) => ({ ...member, target: assignment.get(member.memberId)! }))
}

function check(
  assignment: TaskAssignment,
  group: readonly AssignableMember[],
  subtopologies: readonly ConfiguredSubtopology[],
): void {
  const active = new Set<string>()
  const held = new Set<string>()
  const counts: number[] = []
  for (const { memberId, processId } of group) {
    const tasks = assignment.get(memberId)!
    counts.push([...eachTask(tasks.active)].length)
    for (const task of eachTask(tasks.active)) {
      ok(!active.has(task.join()), `active task ${task.join()} twice`)
      active.add(task.join())
    }
    for (const task of [...eachTask(tasks.active), ...eachTask(tasks.standby)]) {
      const key = `${processId}/${task.join()}`
      ok(!held.has(key), `task ${key} twice in a process`)
      held.add(key)
    }
  }
  const taskCount = subtopologies.reduce((sum, each) => sum + each.taskCount, 0)
  equal(active.size, taskCount)
  ok(Math.max(...counts) <= Math.ceil(taskCount / group.length) + subtopologies.length, `uneven: ${counts.join()}`)
}
