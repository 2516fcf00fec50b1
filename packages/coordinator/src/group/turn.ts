import type { GroupValues } from '@ottla/config'
import type { Decision, Instant, Reply, ReplyToken, TimerOp } from '@ottla/runtime'
import type { GroupTopics, TopicPatterns } from '../ports.ts'
import type { ClassicChange } from './classic/classic-group.ts'
import type { GroupCoordinatorConfig } from './group-config.ts'
import type { GroupPorts } from './group-ports.ts'
import type { GroupRecord } from './group-record.ts'
import type { ModernChange, ModernTimer } from './modern/modern-group.ts'

/** A soft change of the shard. Of a classic group it holds until the next record says all that is worth keeping. */
export type GroupChange = ClassicChange | ModernChange

export type GroupTimer =
  /** The member was silent for its session timeout, or did not come back in time with the id it was given. */
  | { readonly kind: 'session'; readonly groupId: string; readonly memberId: string }
  /** The join phase is over. */
  | { readonly kind: 'join'; readonly groupId: string }
  /** The first join phase of a group may be over; `delayMs` was waited, `remainingMs` may still be. */
  | { readonly kind: 'initial-join'; readonly groupId: string; readonly delayMs: number; readonly remainingMs: number }
  /** Members that have not synced in this generation by now are out. */
  | { readonly kind: 'sync'; readonly groupId: string; readonly generationId: number }
  /** Time to look for expired offsets: in the groups from `index` on, or in all there are. */
  | {
      readonly kind: 'expire-offsets'
      readonly sweep: { readonly groupIds: readonly string[]; readonly index: number } | null
    }
  | ModernTimer

/** A line of the log. */
export interface GroupMessage {
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

export type GroupDecision = Decision<GroupRecord, GroupChange, GroupTimer, GroupMessage>

/** Collects what one decision wants to happen. */
export class Turn {
  readonly now: Instant
  readonly config: GroupCoordinatorConfig
  /** The cluster's topics, the same for the whole decision. */
  readonly topics: GroupTopics
  readonly patterns: TopicPatterns
  readonly #ports: GroupPorts
  readonly #records: GroupRecord[] = []
  readonly #changes: GroupChange[] = []
  readonly #replies: Reply[] = []
  readonly #timers: TimerOp<GroupTimer>[] = []
  readonly #messages: GroupMessage[] = []

  constructor(now: Instant, ports: GroupPorts) {
    this.now = now
    this.#ports = ports
    this.config = ports.config()
    this.topics = ports.topics()
    this.patterns = ports.patterns()
  }

  /** The settings of a group. */
  groupConfig(groupId: string): GroupValues {
    return this.#ports.groupConfig(groupId)
  }

  get recordCount(): number {
    return this.#records.length
  }

  write(record: GroupRecord): void {
    this.#records.push(record)
  }

  change(change: GroupChange): void {
    this.#changes.push(change)
  }

  reply(token: ReplyToken, value: unknown): void {
    this.#replies.push({ token, value })
  }

  setTimer(timer: GroupTimer, afterMs: number): void {
    this.#timers.push({ kind: 'set', key: timerKey(timer), atMonotonicMs: this.now.monotonicMs + afterMs, timer })
  }

  cancelTimer(key: string): void {
    this.#timers.push({ kind: 'cancel', key })
  }

  /** Lines of the log are written when what they say is committed. */
  log(text: string, fields: Readonly<Record<string, unknown>>): void {
    this.#messages.push({ text, fields })
  }

  decision(): GroupDecision {
    return {
      records: this.#records,
      changes: this.#changes,
      replies: this.#replies,
      timers: this.#timers,
      messages: this.#messages,
    }
  }
}

/** The length keeps ids that hold the separator apart. */
export function sessionKey(groupId: string, memberId: string): string {
  return `session/${groupId.length}/${groupId}/${memberId}`
}

/** One namespace with {@link sessionKey}: a member that goes from one protocol to the other keeps one session. */
export function modernKey({ name, groupId, memberId }: Omit<ModernTimer, 'kind' | 'epoch'>): string {
  return `${name}/${groupId.length}/${groupId}/${memberId ?? ''}`
}

export function joinKey(groupId: string): string {
  return `join/${groupId}`
}

export function syncKey(groupId: string): string {
  return `sync/${groupId}`
}

function timerKey(timer: GroupTimer): string {
  switch (timer.kind) {
    case 'session':
      return sessionKey(timer.groupId, timer.memberId)
    case 'join':
    case 'initial-join':
      return joinKey(timer.groupId)
    case 'sync':
      return syncKey(timer.groupId)
    case 'expire-offsets':
      return 'expire-offsets'
    case 'modern':
      return modernKey(timer)
  }
}
