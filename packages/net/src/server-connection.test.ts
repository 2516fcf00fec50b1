import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { answer, frame, testConnection, textsIn } from './fake-world.test.ts'

test('responses leave in the order of the requests, in whatever order they are made', () => {
  const { stream, started, timers } = testConnection()
  stream.receive(Buffer.concat([frame(1), frame(2), frame(3)]))
  started[2]!.respond(answer('three'))
  started[1]!.respond(answer('two'))
  timers.endTurn()
  deepEqual(stream.writes, [])
  started[0]!.respond(answer('one'))
  timers.endTurn()
  deepEqual(textsIn(stream.sent), ['one', 'two', 'three'])
})

test('responses of one turn leave in one write', () => {
  const { stream, started, timers } = testConnection()
  stream.receive(Buffer.concat([frame(1), frame(2), frame(3)]))
  for (const request of started) request.respond(answer('x'))
  timers.endTurn()
  equal(stream.writes.length, 1)
})

test('an answer that somebody waits for leaves at once, unless others of the connection may leave with it', () => {
  const { connection, stream, started, timers } = testConnection()
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  started[0]!.respond(answer('one'))
  connection.sendNow()
  equal(stream.writes.length, 0)
  started[1]!.respond(answer('two'))
  connection.sendNow()
  equal(stream.writes.length, 1)
  connection.sendNow()
  timers.endTurn()
  equal(stream.writes.length, 1)
  deepEqual(textsIn(stream.sent), ['one', 'two'])
})

test('nothing overtakes a long answer', () => {
  const { connection, stream, started, timers } = testConnection()
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  started[0]!.respond([Buffer.alloc(6 << 20)])
  timers.endTurn()
  started[1]!.respond(answer('behind'))
  connection.sendNow()
  equal(stream.writes.length, 1)
})

test('a request without a response lets the next one pass', () => {
  const { stream, started, timers } = testConnection()
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  started[1]!.respond(answer('two'))
  started[0]!.respondNothing()
  timers.endTurn()
  deepEqual(textsIn(stream.sent), ['two'])
})

test('requests overlap up to the bound, then the socket is paused until one is answered', () => {
  const { stream, started, timers } = testConnection({ maxInFlight: 2 })
  stream.receive(Buffer.concat([frame(1), frame(2), frame(3), frame(4)]))
  equal(started.length, 2)
  equal(stream.isPaused, true)
  started[0]!.respond(answer('one'))
  timers.endTurn()
  equal(started.length, 3)
  equal(stream.isPaused, true)
  started[1]!.respond(answer('two'))
  started[2]!.respond(answer('three'))
  timers.endTurn()
  equal(started.length, 4)
  equal(stream.isPaused, false)
  deepEqual(textsIn(stream.sent), ['one', 'two', 'three'])
})

test('a thousand requests in one write are all answered', () => {
  const { stream, started, timers } = testConnection({ onRequest: (request) => request.respond(answer('ok')) })
  stream.receive(Buffer.concat(Array.from({ length: 1000 }, (_, id) => frame(id))))
  for (let turn = 0; turn < 1000 && stream.isPaused; turn++) timers.endTurn()
  timers.endTurn()
  equal(started.length, 1000)
  equal(textsIn(stream.sent).length, 1000)
})

test('a long answer leaves in pieces, and what comes behind it waits for the last', () => {
  const { stream, started, timers } = testConnection()
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  const long = [Buffer.alloc(6 << 20, 1), Buffer.alloc(3 << 20, 2)]
  let flushed = 0
  started[0]!.respond(long, () => flushed++)
  timers.endTurn()
  deepEqual([stream.writes.length, stream.sent.length, flushed], [1, 4 << 20, 0])
  started[1]!.respond(answer('behind'))
  timers.endTurn()
  equal(stream.writes.length, 1)
  timers.advance(0)
  timers.advance(0)
  timers.endTurn()
  equal(flushed, 1)
  const longBytes = Buffer.concat(long)
  deepEqual(stream.sent.subarray(0, longBytes.length), longBytes)
  deepEqual(textsIn(stream.sent.subarray(longBytes.length)), ['behind'])
  equal(Math.max(...stream.writes.map(({ length }) => length)), 4 << 20)
})

test('a long answer whose connection closes halfway gives its buffers back once', () => {
  const { stream, started, timers } = testConnection()
  stream.receive(frame(1))
  let flushed = 0
  started[0]!.respond([Buffer.alloc(9 << 20)], () => flushed++)
  timers.endTurn()
  stream.destroy()
  timers.advance(0)
  timers.endTurn()
  equal(flushed, 1)
})

test('nothing is started behind an exclusive request before it is answered', () => {
  const { connection, stream, started, timers } = testConnection({
    onRequest: (request) => {
      if (request.frame.buffer.readInt32BE(4) === 1) connection.makeExclusive(request)
    },
  })
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  equal(started.length, 1)
  started[0]!.respond(answer('one'))
  timers.endTurn()
  equal(started.length, 2)
})

test('a muted connection answers and starts nothing until every mute is over', () => {
  const { connection, stream, started, timers } = testConnection({
    onRequest: (request) => request.respond(answer('ok')),
  })
  const mutes = [connection.mute(), connection.mute()]
  equal(stream.isPaused, true)
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  timers.endTurn()
  equal(started.length, 1, 'what the socket had given already')
  mutes[0]!()
  mutes[0]!()
  timers.endTurn()
  equal(started.length, 1)
  mutes[1]!()
  timers.endTurn()
  equal(started.length, 2)
  equal(stream.isPaused, false)
})

test('a frame is given back when it is answered, unless somebody holds it', () => {
  const { stream, started, timers, pool } = testConnection()
  stream.receive(frame(1, Buffer.alloc(1000, 5)))
  const held = started[0]!.frame.retain()
  started[0]!.respond(answer('one'))
  timers.endTurn()
  equal(held.buffer[500], 5)
  equal(pool.counters.inUseBytes > 0, true)
  held.release()
  equal(pool.counters.inUseBytes, 0)
})

test('a request that has no need of its frame gives it back while it waits', () => {
  const { stream, started, timers, pool, shared } = testConnection()
  stream.receive(frame(1, Buffer.alloc(1000, 5)))
  started[0]!.releaseFrame()
  equal(pool.counters.inUseBytes, 0)
  equal(shared.budget.usedBytes > 1000, true)
  started[0]!.respond(answer('one'))
  timers.endTurn()
  equal(shared.budget.usedBytes, 0)
})

test('what a response refers to is held until the kernel has it', () => {
  const { stream, started, timers, pool } = testConnection()
  const records = pool.allocate(100)
  records.buffer.fill(7)
  stream.isStuck = true
  stream.receive(frame(1))
  const [size] = answer('x'.repeat(100))
  let isFlushed = false
  started[0]!.respond([size!, records.buffer], () => {
    isFlushed = true
    records.release()
  })
  timers.endTurn()
  equal(isFlushed, false)
  stream.flushAll()
  equal(isFlushed, true)
  equal(stream.sent[50], 7)
  equal(pool.counters.inUseBytes, 0)
})

test('a peer that does not read gets no further request started, and one large response at a time', () => {
  const { stream, started, timers } = testConnection({ bufferBytes: 1000 })
  stream.isStuck = true
  stream.receive(Buffer.concat([frame(1), frame(2), frame(3)]))
  const made: number[] = []
  started.forEach((request, index) => {
    request.whenWritable(() => {
      made.push(index)
      request.respond(answer('y'.repeat(2000)))
    })
  })
  timers.endTurn()
  deepEqual(made, [0])
  stream.receive(frame(4))
  equal(stream.isPaused, true)
  stream.flushAll()
  timers.endTurn()
  deepEqual(made, [0, 1])
  stream.isStuck = false
  stream.flushAll()
  timers.endTurn()
  deepEqual(made, [0, 1, 2])
  equal(stream.isPaused, false)
})

test('large answers behind one that waits do not keep it waiting', () => {
  const { stream, started, timers } = testConnection({ bufferBytes: 1000 })
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  started[1]!.respond(answer('y'.repeat(5000)))
  started[0]!.whenWritable(() => started[0]!.respond(answer('one')))
  timers.endTurn()
  equal(textsIn(stream.sent).length, 2)
})

test('reading stops while the budget of the process is spent, and goes on when it is not', () => {
  const { stream, started, timers, shared } = testConnection({ budgetBytes: 100 })
  shared.budget.take(100)
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  equal(started.length, 1)
  equal(stream.isPaused, true)
  started[0]!.respond(answer('one'))
  timers.endTurn()
  equal(started.length, 1)
  shared.budget.give(100)
  equal(started.length, 2)
  started[1]!.respond(answer('two'))
  equal(shared.budget.usedBytes, 0)
  equal(stream.isPaused, false)
})

test('closing gives back all that the connection held, whenever requests are answered', () => {
  const { connection, stream, started, timers, shared, pool } = testConnection()
  stream.receive(Buffer.concat([frame(1), frame(2), frame(3), frame(4).subarray(0, 10)]))
  let abandoned = 0
  let flushed = 0
  started[0]!.owner = { abandoned: () => abandoned++ }
  started[1]!.respond(answer('two'), () => flushed++)
  timers.endTurn()
  connection.close()
  equal(abandoned, 1)
  equal(flushed, 1)
  started[0]!.respond(answer('late'), () => flushed++)
  equal(flushed, 2)
  started[2]!.respondNothing()
  equal(shared.budget.usedBytes, 0)
  equal(pool.counters.inUseBytes, 0)
  equal(stream.isClosed, true)
})

test('a fault closes the connection with its reason, and later bytes are not looked at', () => {
  const { stream, started, reason } = testConnection()
  stream.receive(Buffer.concat([frame(1), Buffer.from('GET / HTTP/1.1')]))
  match(reason() ?? '', /over the limit/)
  equal(stream.isClosed, true)
  stream.receive(frame(2))
  equal(started.length, 1)
})

test('the first bytes of a stranger are named in the reason', () => {
  const { stream, reason } = testConnection()
  stream.receive(Buffer.from('GET / HTTP/1.1\r\n'))
  match(reason() ?? '', /does not speak Kafka.*HTTP/)
})

test('draining answers what was begun, starts nothing, then closes in order', () => {
  const { connection, stream, started, timers } = testConnection()
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  connection.drain()
  stream.receive(frame(3))
  equal(started.length, 2)
  started[0]!.respond(answer('one'))
  timers.endTurn()
  equal(stream.isClosed, false)
  started[1]!.respond(answer('two'))
  timers.endTurn()
  deepEqual(textsIn(stream.sent), ['one', 'two'])
  equal(stream.isEnded, true)
})

test('a peer that stopped sending gets its answers before the close', () => {
  const { stream, started, timers } = testConnection({ maxInFlight: 1 })
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  stream.onEnd()
  equal(stream.isClosed, false)
  started[0]!.respond(answer('one'))
  timers.endTurn()
  started[1]!.respond(answer('two'))
  timers.endTurn()
  deepEqual(textsIn(stream.sent), ['one', 'two'])
  equal(stream.isEnded, true)
})

test('standstills are told apart: idle, in a frame, not reading', () => {
  const { connection, stream, started, timers } = testConnection()
  timers.now = 1000
  equal(connection.standstill(1000).idleMs, 1000)
  stream.receive(frame(1).subarray(0, 6))
  equal(connection.standstill(1500).frameMs, 500)
  stream.receive(frame(1).subarray(6))
  deepEqual(connection.standstill(1500), { idleMs: 0, frameMs: 0, sendMs: 0 })
  stream.isStuck = true
  started[0]!.respond(answer('one'))
  timers.endTurn()
  equal(connection.standstill(1700).sendMs, 700)
})

test('of two large frames that do not fit together the second waits for the first', () => {
  const { stream, started, timers, shared } = testConnection({ largeFrameBytes: 1 })
  shared.largeFrames.take(5 << 20)
  const bytes = frame(1, Buffer.alloc(3 << 20, 9))
  for (let at = 0; at < bytes.length && !stream.isPaused; at += 65536) stream.receive(bytes.subarray(at, at + 65536))
  equal(stream.isPaused, true)
  equal(started.length, 0)
  shared.largeFrames.give(5 << 20)
  equal(stream.isPaused, false)
  for (let at = shared.counters.bytesIn; at < bytes.length; at += 65536) stream.receive(bytes.subarray(at, at + 65536))
  equal(started.length, 1)
  equal(started[0]!.frame.buffer[2 << 20], 9)
  started[0]!.respondNothing()
  timers.endTurn()
  equal(shared.largeFrames.usedBytes, 0)
})

test('what responses hold is counted from their share until the peer has taken them', () => {
  const { stream, started, timers, shared } = testConnection({ responseBytes: 1 << 20 })
  const { responses } = shared
  stream.isStuck = true
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  equal(started[0]!.takeShare(1000), 1000)
  equal(started[1]!.takeShare(500), 500)
  equal(started[1]!.takeShare(200), 200)
  equal(responses.usedBytes, 1200)
  started[1]!.respond(answer('two'))
  equal(responses.usedBytes, 1000 + 7)
  started[0]!.respond(answer('one'))
  timers.endTurn()
  equal(responses.usedBytes, 14)
  stream.isStuck = false
  stream.flushAll()
  equal(responses.usedBytes, 0)
})

test('what responses held is given back once when the connection ends', () => {
  const { connection, stream, started, timers, shared } = testConnection()
  stream.isStuck = true
  stream.receive(Buffer.concat([frame(1), frame(2), frame(3)]))
  started[0]!.respond(answer('one'))
  timers.endTurn()
  started[2]!.respond(answer('three'))
  started[1]!.takeShare(1000)
  connection.close()
  stream.flushAll()
  equal(shared.responses.usedBytes, 1000)
  started[1]!.respond(answer('two'))
  timers.endTurn()
  equal(shared.responses.usedBytes, 0)
})

test('while memory is short a peer that has not read its last response gets no large one', () => {
  const { connection, stream, started, timers, shared } = testConnection({ responseBytes: 100 })
  stream.isStuck = true
  stream.receive(Buffer.concat([frame(1), frame(2)]))
  started[0]!.respond(answer('one'))
  timers.endTurn()
  equal(connection.isWritable, true)
  shared.responses.take(100)
  let isMade = false
  started[1]!.whenWritable(() => {
    isMade = true
  })
  equal(isMade, false)
  stream.flushAll()
  equal(isMade, true)
})
