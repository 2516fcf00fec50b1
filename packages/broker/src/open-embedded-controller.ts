/** The controller in this process: one voter, its log beside the data. */
import type { OpenController } from './start-broker.ts'

export const openEmbeddedController: OpenController = async () => {
  throw new Error('not there yet')
}
