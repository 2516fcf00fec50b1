/** The controller in this process: one voter, its log in metadata.log.dir. */
import { EmbeddedController } from '@ottla/metadata'
import type { OpenController } from './start-broker.ts'

export const openEmbeddedController: OpenController = async ({ directory, env, config, logs, resources, onFailed }) => {
  const folder = logs.directories.find(({ path }) => path === directory)
  const isDataFolder = folder !== undefined
  if (!isDataFolder) await env.files.makeDirectory(directory)
  const lock = isDataFolder ? null : await env.files.lockDirectory(directory)
  const { clusterId, nodeId } = logs
  try {
    const controller = await EmbeddedController.open({
      resources,
      config,
      directory,
      clusterId,
      nodeId,
      onFailed,
      cleanShutdown: folder?.wasClean ?? false,
      pageCache: folder?.pageCache ?? 'unknown',
      hadFailedSync: folder?.hadFailedSync ?? false,
      logFailed: (error) => {
        if (error.code === 'OFFLINE') logs.failDirectory(directory, error)
      },
    })
    const close = async (): Promise<void> => {
      await controller.close()
      await lock?.release()
    }
    return { channel: controller, close }
  } catch (error) {
    await lock?.release()
    throw error
  }
}
