/** Rules between several settings of a broker, and what this road step can run. */
import { type ValueProblem, valueProblem } from './config-problem.ts'
import { parseHttpAddress } from './http-listener.ts'
import type { BrokerValues } from './key-table.ts'

/** What is wrong with the values taken together. */
export function brokerRuleProblems(values: BrokerValues): ValueProblem[] {
  return [
    ...identityProblems(values),
    ...quorumProblems(values),
    ...boundProblems(values),
    ...httpProblems(values),
    ...logProblems(values),
  ]
}

function identityProblems(values: BrokerValues): ValueProblem[] {
  const nodeId = values['node.id']
  const brokerId = values['broker.id']
  if (nodeId === null || brokerId < 0 || brokerId === nodeId) return []
  return [valueProblem('broker.id', String(brokerId), `The value of node.id, which is ${nodeId}`)]
}

/** One node holds both roles. Everything that names other nodes is refused, not left out quietly. */
function quorumProblems(values: BrokerValues): ValueProblem[] {
  const problems: ValueProblem[] = []
  const roles = values['process.roles']
  if (!roles.includes('broker') || !roles.includes('controller')) {
    const expected = 'broker,controller: clusters of several nodes (KRaft quorum mode) are not there yet'
    problems.push(valueProblem('process.roles', roles.join(','), expected))
  }
  const voters = values['controller.quorum.voters']
  const nodeId = values['node.id'] ?? (values['broker.id'] >= 0 ? values['broker.id'] : null)
  const others = voters.filter((voter) => nodeId !== null && Number(voter.split('@')[0]) !== nodeId)
  if (voters.length > 1 || others.length > 0) {
    const expected = 'This node alone: a quorum of several voters (KRaft quorum mode) is not there yet'
    problems.push(valueProblem('controller.quorum.voters', voters.join(','), expected))
  }
  const servers = values['controller.quorum.bootstrap.servers']
  if (servers.length > 1 || servers.some((server) => !isOwnController(server, values))) {
    const expected = 'The own controller listener: joining a quorum (KRaft quorum mode) is not there yet'
    problems.push(valueProblem('controller.quorum.bootstrap.servers', servers.join(','), expected))
  }
  return problems
}

/** The host cannot be resolved here; the port of the own controller listener on a host that is not given tells enough. */
function isOwnController(server: string, values: BrokerValues): boolean {
  const at = server.lastIndexOf(':')
  const host = server.slice(0, at)
  const port = server.slice(at)
  const names = values['controller.listener.names'].map((name) => name.toUpperCase())
  const isController = (address: string) => names.includes(address.split('://')[0]?.toUpperCase() ?? '')
  const own = [...values.listeners, ...(values['advertised.listeners'] ?? [])].filter(isController)
  return own.some((address) => {
    const place = address.slice(address.indexOf('://') + 3)
    const ownHost = place.slice(0, place.lastIndexOf(':'))
    const isHere = ownHost === '' || ownHost === host || LOCAL_HOSTS.has(host) || LOCAL_HOSTS.has(ownHost)
    return place.endsWith(port) && isHere
  })
}

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]', '0.0.0.0', '[::]'])

function httpProblems(values: BrokerValues): ValueProblem[] {
  const text = values['ottla.http.listener']
  if (parseHttpAddress(text) !== undefined) return []
  return [valueProblem('ottla.http.listener', text, 'http://host:port, or nothing for no listener')]
}

const LEVEL = /^[\w.-]+=(trace|debug|info|warn|error|fatal)$/

function logProblems(values: BrokerValues): ValueProblem[] {
  return values['ottla.log.levels']
    .filter((entry) => !LEVEL.test(entry))
    .map((entry) =>
      valueProblem('ottla.log.levels', entry, 'logger=level, with trace, debug, info, warn, error or fatal'),
    )
}

function boundProblems(values: BrokerValues): ValueProblem[] {
  const problems: ValueProblem[] = []
  for (const name of ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'] as const) {
    if (values[name] === 0) problems.push(valueProblem(name, '0', 'Unlimited (-1), or 1 and more'))
  }
  const dirs = values['log.dirs'] ?? values['log.dir']
  if (new Set(dirs).size !== dirs.length) {
    problems.push(valueProblem('log.dirs', dirs.join(','), 'Each folder once'))
  }
  for (const [lower, upper] of ORDERED) {
    if (values[lower] > values[upper]) {
      problems.push(valueProblem(lower, String(values[lower]), `No more than ${upper}, which is ${values[upper]}`))
    }
  }
  return problems
}

const ORDERED = [
  ['group.min.session.timeout.ms', 'group.max.session.timeout.ms'],
  ['group.consumer.min.session.timeout.ms', 'group.consumer.max.session.timeout.ms'],
  ['group.consumer.session.timeout.ms', 'group.consumer.max.session.timeout.ms'],
  ['group.consumer.min.session.timeout.ms', 'group.consumer.session.timeout.ms'],
  ['group.consumer.min.heartbeat.interval.ms', 'group.consumer.max.heartbeat.interval.ms'],
  ['group.consumer.heartbeat.interval.ms', 'group.consumer.max.heartbeat.interval.ms'],
  ['group.consumer.min.heartbeat.interval.ms', 'group.consumer.heartbeat.interval.ms'],
  ['group.consumer.heartbeat.interval.ms', 'group.consumer.session.timeout.ms'],
  ['group.share.min.session.timeout.ms', 'group.share.session.timeout.ms'],
  ['group.share.session.timeout.ms', 'group.share.max.session.timeout.ms'],
  ['group.streams.min.session.timeout.ms', 'group.streams.session.timeout.ms'],
  ['group.streams.session.timeout.ms', 'group.streams.max.session.timeout.ms'],
  ['broker.heartbeat.interval.ms', 'broker.session.timeout.ms'],
  ['log.cleaner.min.compaction.lag.ms', 'log.cleaner.max.compaction.lag.ms'],
] as const
