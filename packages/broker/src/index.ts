export type { Broker } from './broker.ts'
export type {
  OpenController,
  OpenedController,
  RunningBroker,
  StartBrokerOptions,
} from './start-broker.ts'
export { startBroker } from './start-broker.ts'
