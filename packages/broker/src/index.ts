export type { Broker } from './broker.ts'
export { loadRe2 } from './re2.ts'
export type {
  OpenController,
  OpenedController,
  RunningBroker,
  StartBrokerOptions,
} from './start-broker.ts'
export { startBroker } from './start-broker.ts'
