export type { CreateBrokerOptions, TestBroker } from './create-broker.ts'
export { createBroker } from './create-broker.ts'
