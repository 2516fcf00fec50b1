export type { RuntimeClock, RuntimeTimer, RuntimeTimers, ShardWriter, Snapshots } from './ports.ts'
export type { Decide, Decision, Instant, Reply, ReplyToken, Shard, TimerOp } from './shard.ts'
export { ShardRuntime, type ShardRuntimeOptions } from './shard-runtime.ts'
