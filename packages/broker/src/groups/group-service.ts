/** The group coordinator of a broker, tied to the replicas of `__consumer_offsets`. */
import type { GroupCoordinator } from '@ottla/coordinator'
import type { CoordinatorService } from '../coordinators/coordinator-service.ts'

export type GroupService = CoordinatorService<GroupCoordinator>
