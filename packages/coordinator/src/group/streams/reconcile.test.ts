import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { type MemberProgress, MemberState, reconcile, type TaskHolders } from './reconcile.ts'
import { type HeldTasks, NO_TASKS, type Tasks, tasksFrom } from './tasks.ts'

const { STABLE, UNREVOKED_TASKS, UNRELEASED_TASKS, UNKNOWN } = MemberState

function set(...partitions: number[]) {
  return tasksFrom([{ subtopologyId: '0', partitions }])
}

function tasks(active: number[], standby: number[] = []): Tasks {
  return { active: set(...active), standby: set(...standby), warmup: new Map() }
}

/** Tasks that came in an epoch. */
function held(epoch: number, active: number[], standby: number[] = []): HeldTasks {
  const since = (partitions: number[]) =>
    new Map(partitions.length === 0 ? [] : [['0', new Map(partitions.map((partition) => [partition, epoch]))]])
  return { active: since(active), standby: since(standby), warmup: new Map() }
}

function progress(memberEpoch: number, assigned: HeldTasks, rest: Partial<MemberProgress> = {}): MemberProgress {
  return {
    memberEpoch,
    previousMemberEpoch: memberEpoch - 1,
    state: STABLE,
    assigned,
    pendingRevocation: NO_TASKS,
    ...rest,
  }
}

/** Tasks of subtopology 0 that others have active, and those that the member's own process has. */
function holders(active: number[], own: Partial<Record<keyof Tasks, number[]>> = {}): TaskHolders {
  return {
    hasActive: (_, partition) => active.includes(partition),
    isHeldBy: (_, roles, [, partition]) => roles.some((role) => own[role]?.includes(partition) === true),
  }
}

const nobody = holders([])

function run(it: { from: MemberProgress; to: Tasks; epoch: number; owned?: Tasks | null; others?: TaskHolders }) {
  const { from, to: target, epoch: targetEpoch, owned = null, others = nobody } = it
  return reconcile({ progress: from, processId: 'p', targetEpoch, target, holders: others, owned })
}

test('a new member gets what is free, and is where the target is', () => {
  const after = run({ from: progress(0, NO_TASKS), to: tasks([0, 1], [2]), epoch: 3 })
  deepEqual(after, progress(3, held(3, [0, 1], [2]), { previousMemberEpoch: 0 }))
})

test('a member at the epoch of the target does not move', () => {
  const from = progress(3, held(3, [0]))
  equal(run({ from, to: tasks([0]), epoch: 3 }), from)
})

test('tasks that are not its own any more are given up first: it stays at its epoch, and gets nothing', () => {
  const after = run({ from: progress(3, held(2, [0, 1])), to: tasks([1, 2]), epoch: 4 })
  deepEqual(after, {
    memberEpoch: 3,
    previousMemberEpoch: 3,
    state: UNREVOKED_TASKS,
    assigned: held(2, [1]),
    pendingRevocation: held(2, [0]),
  })
})

test('a member that says it does not have them gives up nothing, and goes on at once', () => {
  const after = run({ from: progress(3, held(2, [0, 1])), to: tasks([1]), epoch: 4, owned: tasks([1]) })
  deepEqual(after, progress(4, held(2, [1]), { previousMemberEpoch: 3 }))
})

test('until it says that it gave them up it waits, whatever the target is by then', () => {
  const from = progress(3, held(2, [1]), { state: UNREVOKED_TASKS, pendingRevocation: held(2, [0]) })
  equal(run({ from, to: tasks([1, 5]), epoch: 9 }), from)
  equal(run({ from, to: tasks([1, 5]), epoch: 9, owned: tasks([0, 1]) }), from)
  const after = run({ from, to: tasks([1, 5]), epoch: 9, owned: tasks([1]) })
  const assigned = { ...held(2, [1]), active: new Map([['0', new Map([[1, 2], [5, 9]])]]) } // biome-ignore format: a table
  deepEqual(after, progress(9, assigned, { previousMemberEpoch: 3 }))
})

test('a task that another one still has is waited for, at the new epoch', () => {
  const others = holders([1])
  const waiting = run({ from: progress(0, NO_TASKS), to: tasks([0, 1]), epoch: 2, others }) as MemberProgress
  deepEqual(waiting, progress(2, held(2, [0]), { previousMemberEpoch: 0, state: UNRELEASED_TASKS }))
  const still = run({ from: waiting, to: tasks([0, 1]), epoch: 2, others }) as MemberProgress
  deepEqual(still, { ...waiting, previousMemberEpoch: 2 })
  equal(run({ from: still, to: tasks([0, 1]), epoch: 2, others }), still)
  const after = run({ from: still, to: tasks([0, 1]), epoch: 2 })
  deepEqual(after, progress(2, held(2, [0, 1]), { previousMemberEpoch: 2 }))
})

test('a process never has a task twice: a standby task waits for the active one of its own process, and the other way round', () => {
  const standby = run({
    from: progress(0, NO_TASKS),
    to: tasks([], [0]),
    epoch: 2,
    others: holders([0], { active: [0] }),
  })
  equal((standby as MemberProgress).state, UNRELEASED_TASKS)
  const elsewhere = run({ from: progress(0, NO_TASKS), to: tasks([], [0]), epoch: 2, others: holders([0]) })
  equal((elsewhere as MemberProgress).state, STABLE)
  const active = run({ from: progress(0, NO_TASKS), to: tasks([0]), epoch: 2, others: holders([], { standby: [0] }) })
  equal((active as MemberProgress).state, UNRELEASED_TASKS)
})

test('a member in a state that is not known here begins anew, unless it has nothing', () => {
  const from = progress(3, held(2, [0]), { state: UNKNOWN })
  equal(run({ from, to: tasks([0]), epoch: 4 }), 'fenced')
  equal(run({ from, to: tasks([0]), epoch: 4, owned: tasks([0]) }), 'fenced')
  deepEqual(
    run({ from, to: tasks([0]), epoch: 4, owned: NO_TASKS }),
    progress(4, held(2, [0]), { previousMemberEpoch: 3 }),
  )
})
