export { partsOf, QuotaEntityType } from './controller/alter-client-quotas.ts'
export { AlterConfigOp } from './controller/alter-configs.ts'
export { placeReplicas } from './controller/placement.ts'
export { topicNameProblem } from './controller/topic-name.ts'
export type {
  ControllerApiKey,
  ControllerApis,
  ControllerChannel,
  ControllerRequestContext,
  MetadataUpdate,
  MutationQuota,
} from './controller-channel.ts'
export { EmbeddedController, type EmbeddedControllerOptions } from './embedded-controller.ts'
export {
  METADATA_VERSION,
  METADATA_VERSION_LATEST,
  metadataVersionLevel,
  metadataVersionName,
  supportedFeatures,
} from './features.ts'
export type { FeatureLevelRow, FeatureRow, MetadataVersionRow } from './features-table.ts'
export { FEATURES, METADATA_VERSIONS } from './features-table.ts'
export type { ClientQuotas } from './image/client-quotas-image.ts'
export { ClientQuotasImage } from './image/client-quotas-image.ts'
export { type ConfigResource, ConfigResourceType, ConfigsImage, type ConfigTexts } from './image/configs-image.ts'
export { FeaturesImage } from './image/features-image.ts'
export { ImageBuilder } from './image/image-builder.ts'
export { type MetadataDelta, resourceKey, type TopicDelta } from './image/metadata-delta.ts'
export type {
  BrokerRegistration,
  ClientQuotaEntity,
  ControllerRegistration,
  FeatureRange,
  MetadataImage,
  RegisteredEndpoint,
} from './image/metadata-image.ts'
export { EMPTY_IMAGE } from './image/metadata-image.ts'
export { type PartitionImage, type TopicImage, TopicsImage } from './image/topics-image.ts'
export { MetadataError, type MetadataErrorCode } from './metadata-error.ts'
export type { MetadataStore } from './metadata-store.ts'
export { bootstrapRecords } from './storage/bootstrap-records.ts'
export { type FormatOptions, type FormatResult, formatStorage } from './storage/format-storage.ts'
export { type FolderIdentity, readIdentities, resolveNodeId } from './storage/node-identity.ts'
export type { EmbeddedStoreOptions } from './store/embedded-store.ts'
