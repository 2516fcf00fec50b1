import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict'
import { LogError } from './log-error.ts'
import { storeTest, TOPIC_ID } from './testing/sim-store.test.ts'

const OTHER_ID = 'zyxwvutsrqponmlkjihgfe'
const SMALL = { segmentBytes: 600, indexIntervalBytes: 100 }

storeTest('a new folder gets an identity, which stays', {}, async (t) => {
  const first = await t.open()
  const { clusterId } = first
  const directoryId = first.directories[0]?.directoryId
  equal(directoryId?.length, 22)
  const second = await t.restart('clean')
  equal(second.clusterId, clusterId)
  equal(second.directories[0]?.directoryId, directoryId)
})

storeTest(
  'a new folder notes in which boot of the machine it was begun, before anything is written to it',
  {},
  async (t) => {
    await t.env.files.makeDirectory('/proc/sys/kernel/random')
    await t.env.files.writeFile('/proc/sys/kernel/random/boot_id', Buffer.from('this boot\n'))
    const { directories } = await t.open()
    const noted = await t.env.files.readFile(`${directories[0]!.path}/.ottla-boot`)
    equal(noted.toString(), 'this boot\n')
  },
)

storeTest(
  'a folder whose making was interrupted is durable when it is used',
  { directories: ['/srv/data/a'] },
  async (t) => {
    await t.env.files.makeDirectory('/srv/data/a')
    await t.open()
    await t.fill(await t.log('t'), 3)
    await t.restart('power', 'none')
    equal(await t.count(await t.log('t')), 3)
  },
)

storeTest('a folder of another node or cluster is refused', {}, async (t) => {
  await t.open({ clusterId: 'cluster-a' })
  await t.store.close({ clean: true })
  await rejects(t.open({ nodeId: 2 }), /belongs to node 1, this is 2/)
  await rejects(t.open({ clusterId: 'cluster-b' }), /belongs to cluster cluster-a, not cluster-b/)
  await t.open()
})

storeTest('a folder that another process uses is refused', {}, async (t) => {
  await t.open()
  const other = t.sim.host('broker')
  equal(other.process === undefined, false)
  await rejects(t.open(), /is in use by another process/)
  await t.store.close({ clean: false })
  await t.open()
})

storeTest('the file of ZooKeeper mode is taken over and gets a directory id', {}, async (t) => {
  await t.env.files.makeDirectory('/data')
  await t.env.files.writeFile('/data/meta.properties', Buffer.from('version=0\nbroker.id=1\ncluster.id=old\n'))
  await t.open()
  equal(t.store.clusterId, 'old')
  const text = t.env.files.readFileSync('/data/meta.properties').toString()
  ok(/version=0\ncluster.id=old\nbroker.id=1\ndirectory.id=.{22}\n/.test(text), text)
})

storeTest(
  'logs are found again after a clean stop, and none is opened before it is used',
  { config: SMALL },
  async (t) => {
    await t.open()
    for (const partition of [0, 1, 2]) await t.fill(await t.log('orders', partition), 30)
    const store = await t.restart('clean')
    equal(store.previousBrokerEpoch, 7)
    equal(t.resources.openFiles.opened, 0)
    deepEqual(
      [...store.partitions()].map(({ topicPartition, log, highWatermark }) => [
        topicPartition.partition,
        log,
        highWatermark,
      ]),
      [
        [0, null, 30],
        [1, null, 30],
        [2, null, 30],
      ],
    )
    equal(store.log({ topic: 'orders', partition: 1 }), undefined)
    const [log, same] = await Promise.all([t.log('orders', 1), t.log('orders', 1)])
    equal(log, same)
    equal(store.log({ topic: 'orders', partition: 1 }), log)
    equal(log.topicId, TOPIC_ID)
    equal(await t.count(log), 30)
  },
)

storeTest('a start reads no segment, however many there are', { config: SMALL }, async (t) => {
  await t.open()
  await t.fill(await t.log('few'), 5)
  await t.restart('clean')
  const few = await calls()
  await t.fill(await t.log('few'), 300)
  await t.restart('clean')
  equal(await calls(), few)

  async function calls(): Promise<number> {
    await t.store.close({ clean: true })
    await t.sim.crash('broker', 'process')
    const before = t.sim.trace.count
    await t.open()
    return t.sim.trace.count - before
  }
})

storeTest('after kill -9 everything written is recovered', { config: SMALL }, async (t) => {
  await t.open()
  for (const partition of [0, 1]) await t.fill(await t.log('orders', partition), 30)
  const store = await t.restart('process')
  equal(store.previousBrokerEpoch, -1)
  await store.recover()
  for (const { log } of store.partitions()) equal(log?.logEndOffset, 30)
})

storeTest('a clean stop counts only when nothing was left to recover', { config: SMALL }, async (t) => {
  await t.open()
  await t.fill(await t.log('a'), 10)
  await t.fill(await t.log('b'), 10)
  await t.restart('process')
  await t.log('a')
  await t.restart('clean')
  equal(t.store.previousBrokerEpoch, -1, 'b was never looked at')
  await t.store.recover()
  await t.restart('clean')
  equal(t.store.previousBrokerEpoch, 7)
})

storeTest('a partition whose folder is gone is not made again when something was recorded for it', {}, async (t) => {
  await t.open()
  await t.fill(await t.log('orders'), 5)
  await t.fill(await t.log('other'), 5)
  await t.store.checkpoint()
  await t.sim.crash('broker', 'process')
  await t.env.files.removeDirectory('/data/orders-0')
  await t.open()
  await rejects(t.log('orders'), /is missing, but data were recorded/)
  await rejects(t.log('orders'), /is missing, but data were recorded/)
  const log = await t.log('orders', 0, { isNew: true })
  equal(log.logEndOffset, 0)
  equal((await t.log('other')).logEndOffset, 5)
})

storeTest('an empty partition that was lost is made again', {}, async (t) => {
  await t.open()
  await t.log('orders')
  await t.store.checkpoint()
  await t.sim.crash('broker', 'power', 'none')
  await t.open()
  equal((await t.log('orders')).logEndOffset, 0)
})

storeTest('a topic that is deleted and made again begins anew', {}, async (t) => {
  await t.open()
  const old = await t.log('orders')
  await t.fill(old, 5)
  await t.store.checkpoint()
  const log = await t.log('orders', 0, { topicId: OTHER_ID })
  notEqual(log, old)
  deepEqual([log.logEndOffset, log.topicId], [0, OTHER_ID])
  await t.fill(log, 2)
  await t.restart('process')
  equal((await t.log('orders', 0, { topicId: OTHER_ID })).logEndOffset, 2)
  await t.sim.sleep(t.config.fileDeleteDelayMs + 1000)
  deepEqual(folders(t.env.files.listSync('/data')), ['orders-0'])
})

storeTest('a deletion that was interrupted at any point leaves nothing of the old topic', {}, async (t) => {
  await t.open()
  await t.fill(await t.log('orders'), 5)
  await t.store.checkpoint()
  const points: number[] = []
  const disks: ReturnType<typeof t.disk.clone>[] = []
  t.disk.onChange = ({ index }) => {
    points.push(index)
    disks.push(t.disk.clone(`at ${index}`))
  }
  await t.store.deleteLog({ topic: 'orders', partition: 0 })
  t.disk.onChange = () => {}
  ok(disks.length > 3)
  for (const disk of disks) {
    await t.sim.crash('broker', 'process')
    t.sim.host('broker').disk = disk
    await t.open()
    const log = await t.log('orders', 0, { topicId: OTHER_ID })
    equal(log.logEndOffset, 0)
  }
})

storeTest(
  'what was recorded for a deleted topic does not count for a new one of its name, whenever the power fails',
  {},
  async (t) => {
    await t.open()
    await t.fill(await t.log('t'), 5)
    await t.store.checkpoint()
    // The folder of the deleted topic was removed; only checkpoints still name it.
    await t.sim.crash('broker', 'process')
    await t.env.files.removeDirectory('/data/t-0')
    await t.env.files.syncDirectory('/data')
    await t.open()
    await t.log('t', 0, { topicId: OTHER_ID, isNew: true })
    await t.env.files.syncDirectory('/data')
    await t.restart('power', 'none')
    const log = await t.log('t', 0, { topicId: OTHER_ID })
    equal(log.logEndOffset, 0)
  },
)

storeTest('so it is when the deletion itself was interrupted', {}, async (t) => {
  await t.open()
  await t.fill(await t.log('t'), 5)
  await t.store.checkpoint()
  await t.sim.crash('broker', 'process')
  await t.env.files.rename('/data/t-0', `/data/t-0.${'0'.repeat(32)}-delete`)
  await t.env.files.syncDirectory('/data')
  await t.open()
  await t.log('t', 0, { topicId: OTHER_ID, isNew: true })
  await t.env.files.syncDirectory('/data')
  await t.restart('power', 'none')
  const log = await t.log('t', 0, { topicId: OTHER_ID })
  equal(log.logEndOffset, 0)
})

storeTest('what is set aside is kept under another name', {}, async (t) => {
  await t.open()
  await t.fill(await t.log('orders'), 5)
  await t.store.setAside({ topic: 'orders', partition: 0 })
  equal(t.store.find({ topic: 'orders', partition: 0 }), undefined)
  const [name] = folders(t.env.files.listSync('/data'))
  ok(/^orders-0\.[0-9a-f]{32}-stray$/.test(name ?? ''))
  await t.restart('clean')
  deepEqual([...t.store.partitions()], [])
  equal(folders(t.env.files.listSync('/data')).length, 1)
})

storeTest('new logs go where the fewest are', { directories: ['/a', '/b', '/c'] }, async (t) => {
  await t.open()
  for (let partition = 0; partition < 9; partition++) await t.log('orders', partition)
  for (const path of t.directories) equal(folders(t.env.files.listSync(path)).length, 3)
  const { directoryId } = t.store.directories[2]!
  await t.log('placed', 0, { directoryId })
  equal(t.store.find({ topic: 'placed', partition: 0 })?.directory.path, '/c')
})

storeTest('one folder fails, the others go on', { directories: ['/a', '/b'] }, async (t) => {
  await t.open()
  const logs = await Promise.all([0, 1, 2, 3].map((partition) => t.log('orders', partition)))
  for (const log of logs) await t.fill(log, 3)
  const onA = (path: string): boolean => path.startsWith('/a/')
  t.disk.faults.inject({ operation: 'sync', effect: { kind: 'error', code: 'EIO' }, path: onA })
  const hit = logs.find((log) => onA(log.path))!
  await rejects(t.fill(hit, 1))
  deepEqual(t.failedDirectories, ['/a'])
  for (const log of logs) equal(log.failure !== null, onA(log.path))
  equal(t.store.directories.filter(({ error }) => error !== null).length, 1)
  await t.fill(logs.find((log) => !onA(log.path))!, 1)
  await t.log('fresh', 0, { isNew: true })
  equal(t.store.find({ topic: 'fresh', partition: 0 })?.directory.path, '/b')
  await t.store.checkpoint()
})

storeTest(
  'no empty log is made for a partition that may be in a folder that failed at the start',
  { directories: ['/a', '/b'] },
  async (t) => {
    await t.open()
    for (const partition of [0, 1, 2, 3]) await t.fill(await t.log('orders', partition), 3)
    const onB = [0, 1, 2, 3].find((partition) => t.store.find({ topic: 'orders', partition })?.directory.path === '/b')!
    await t.store.close({ clean: true })
    await t.sim.crash('broker', 'process')
    const heal = t.disk.faults.inject({
      operation: 'unlink',
      effect: { kind: 'error', code: 'EROFS' },
      path: (path) => path.startsWith('/b/'),
    })
    await t.open()
    deepEqual(t.failedDirectories, ['/b'])
    await rejects(t.log('orders', onB), { code: 'OFFLINE' })
    equal(t.env.files.listSync('/a').filter(({ name }) => name.startsWith('orders')).length, 2)
    await t.fill(await t.log('fresh', 0, { isNew: true }), 1)
    heal()
    await t.restart('clean')
    equal(await t.count(await t.log('orders', onB)), 3)
  },
)

storeTest(
  'a full disk refuses a new log and lets an old one be deleted; neither takes the folder offline',
  {},
  async (t) => {
    await t.open()
    await t.fill(await t.log('old'), 3)
    await t.fill(await t.log('kept'), 3)
    await t.store.checkpoint()
    t.disk.capacityBytes = t.disk.usedBytes
    await rejects(t.log('new'), { code: 'WRITE_FAILED', retriable: true })
    await t.store.deleteLog({ topic: 'old', partition: 0 })
    deepEqual(t.failedDirectories, [])
    equal(await t.count(await t.log('kept')), 3)
    t.disk.capacityBytes = 2 ** 40
    await t.fill(await t.log('new'), 2)
    await t.restart('process')
    deepEqual([...t.store.partitions()].map(({ topicPartition }) => topicPartition.topic).sort(), ['kept', 'new'])
    equal(await t.count(await t.log('new')), 2)
  },
)

storeTest(
  'what hangs in the disk of a deleted topic does not end in the files of a new one of its name',
  {},
  async (t) => {
    await t.open()
    const old = await t.log('orders')
    await t.fill(old, 1)
    t.disk.faults.inject({
      operation: 'rename',
      path: (path) => path.includes('leader-epoch'),
      effect: { kind: 'stuck' },
    })
    old.assignEpochStart(7, 1)
    await t.sim.sleep(10)
    // Between the new one's write and its rename of the file is where the old rename would do most harm.
    t.disk.onChange = ({ path }) => {
      if (path.endsWith('orders-0/leader-epoch-checkpoint.tmp')) t.sim.host('broker').releaseStuckOperations()
    }
    const renewed = t.store
      .deleteLog({ topic: 'orders', partition: 0 })
      .then(() => t.log('orders', 0, { topicId: OTHER_ID }))
      .then(async (log) => {
        await t.fill(log, 3)
        return log
      })
    await t.sim.sleep(100)
    t.sim.host('broker').releaseStuckOperations()
    const { epochs, logEndOffset } = await renewed
    deepEqual([t.failedDirectories, epochs.map(({ epoch }) => epoch), logEndOffset], [[], [0], 3])
  },
)

storeTest('every log start below which segments went is known after a crash', { config: SMALL }, async (t) => {
  await t.open()
  const log = await t.log('orders')
  await t.fill(log, 40)
  for (const start of [11, 33]) {
    log.deleteRecordsBefore(start)
    await t.sim.sleep(100)
  }
  await t.restart('process')
  equal((await t.log('orders')).logStartOffset, 33)
})

storeTest('a quarantined partition is offline alone', { config: SMALL }, async (t) => {
  await t.open()
  await t.fill(await t.log('good'), 20)
  await t.fill(await t.log('bad'), 20)
  await t.sim.crash('broker', 'process')
  const path = '/data/bad-0/00000000000000000000.log'
  const bytes = Buffer.from(t.env.files.readFileSync(path))
  bytes[200]! ^= 1
  await t.env.files.writeFile(path, bytes)
  await t.open()
  await t.store.recover()
  equal(t.store.find({ topic: 'bad', partition: 0 })?.error?.code, 'CORRUPT')
  equal(t.store.find({ topic: 'good', partition: 0 })?.error, null)
  await rejects(t.log('bad'), /is damaged at/)
  await t.fill(await t.log('good'), 1)
  deepEqual(t.failedDirectories, [])
})

storeTest('truncation lowers what is recorded before it cuts', { config: SMALL }, async (t) => {
  await t.open()
  const log = await t.log('orders')
  await t.fill(log, 30)
  await t.store.checkpoint()
  const disks: ReturnType<typeof t.disk.clone>[] = []
  t.disk.onChange = ({ index }) => disks.push(t.disk.clone(`at ${index}`))
  await log.truncateTo(7)
  t.disk.onChange = () => {}
  for (const disk of disks) {
    for (const kind of ['process', 'power'] as const) {
      await t.sim.crash('broker', 'process')
      const copy = disk.clone(`${kind}`)
      if (kind === 'power') copy.losePower()
      t.sim.host('broker').disk = copy
      await t.open()
      const found = await t.log('orders')
      ok(found.logEndOffset >= 7 && found.logEndOffset <= 30, `ends at ${found.logEndOffset}`)
      equal(await t.count(found), found.logEndOffset, 'a prefix without holes')
    }
  }
})

storeTest('log starts survive a restart', { config: SMALL }, async (t) => {
  await t.open()
  const log = await t.log('orders')
  await t.fill(log, 30)
  log.deleteRecordsBefore(17)
  await t.store.checkpoint()
  await t.restart('process')
  equal((await t.log('orders')).logStartOffset, 17)
  await t.restart('clean')
  equal((await t.log('orders')).logStartOffset, 17)
})

storeTest(
  'retention reaches logs that nobody has opened',
  { config: { ...SMALL, retentionBytes: 1000, retentionMs: -1 } },
  async (t) => {
    await t.open()
    await t.fill(await t.log('big'), 60)
    await t.fill(await t.log('small'), 3)
    await t.restart('clean')
    await t.store.applyRetention(t.env.clock.now())
    equal(t.store.log({ topic: 'small', partition: 0 }), undefined)
    const log = t.store.log({ topic: 'big', partition: 0 })
    ok(log !== undefined && log.logStartOffset > 0 && log.sizeBytes < 1700)
  },
)

storeTest('damaged checkpoints count as empty', { config: SMALL }, async (t) => {
  await t.open()
  await t.fill(await t.log('orders'), 30)
  await t.restart('clean')
  await t.store.close({ clean: true })
  for (const { name } of t.env.files.listSync('/data')) {
    if (name.endsWith('-checkpoint')) await t.env.files.writeFile(`/data/${name}`, Buffer.from('nonsense'))
  }
  await t.open()
  equal((await t.log('orders')).logEndOffset, 30)
})

storeTest('thousands of logs share few open files', { limits: { openFiles: 10 } }, async (t) => {
  await t.open()
  const logs = []
  for (let partition = 0; partition < 50; partition++) logs.push(await t.log('many', partition))
  for (let round = 0; round < 3; round++) for (const log of logs) await t.fill(log, 1)
  ok(t.resources.openFiles.open <= 12, `${t.resources.openFiles.open} are open`)
  await t.restart('clean')
  for (let partition = 0; partition < 50; partition++) equal(await t.count(await t.log('many', partition)), 3)
})

function folders(entries: readonly { name: string; isDirectory: boolean }[]): string[] {
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name)
}

storeTest(
  'a folder whose disk failed under other files than its partitions is offline, and marked for the next start',
  {},
  async (t) => {
    await t.open()
    const log = await t.log('orders')
    await t.fill(log, 3)
    equal(t.store.directories[0]?.hadFailedSync, false)
    t.store.failDirectory('/data', new LogError('OFFLINE', 'the sync of another file failed'))
    equal(log.failure?.code, 'OFFLINE')
    await t.restart('process')
    equal(t.store.directories[0]?.hadFailedSync, true)
    equal((await t.log('orders')).logEndOffset, 3)
    await t.store.recover()
    await t.restart('clean')
    equal(t.store.directories[0]?.hadFailedSync, false)
  },
)
