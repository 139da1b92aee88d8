import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PlantFile } from '../../shared/domain/plant-file.ts'

export interface EngineCommand {
  /** Arguments for the Node 24 executable: flags, then the entry. */
  args: string[]
}

/** Folders the engine may write because a destination of the plant file lies there. */
export function destinationFolders(plant: PlantFile, dataDir: string): string[] {
  return plant.sync.flatMap((destination) =>
    destination.kind === 'folder' ? [path.resolve(dataDir, destination.path)] : [],
  )
}

/**
 * The engine's command line under Node's permission model: it reads the application, the data folder and the plant file,
 * writes the data folder, the plant file and folder destinations, and starts no process. Defence in depth, not a
 * sandbox: addons and worker threads are allowed, of which Node itself says that they can undo it.
 *
 * The parent of a folder destination is readable, so that a destination that was replaced or taken away can be told
 * from one that never existed.
 */
export function engineCommand(dataDir: string, plantFile: string, folders: readonly string[]): EngineCommand {
  const isSource = import.meta.url.endsWith('.ts')
  const entry = fileURLToPath(new URL(isSource ? './main.ts' : './engine.js', import.meta.url))
  const application = fileURLToPath(new URL('../../', import.meta.url))
  // Node grants what is in a folder only if the folder is there when the process starts; one that is made later, or that
  // a file has taken the place of, needs its inside named (tried: ERR_ACCESS_DENIED for the first object).
  const inside = folders.map((folder) => path.join(folder, '*'))
  const read = [
    application,
    dataDir,
    plantFile,
    ...folders,
    ...inside,
    ...folders.map((folder) => path.dirname(folder)),
  ]
  const write = [dataDir, plantFile, ...folders, ...inside]
  return {
    args: [
      '--permission',
      '--allow-addons',
      '--allow-worker',
      '--disable-warning=SecurityWarning',
      // A third of an OPC UA client's CPU is garbage collection; a larger young generation halves it (opcua.md 1.2).
      '--max-semi-space-size=64',
      ...[...new Set(read)].map((place) => `--allow-fs-read=${place}`),
      ...[...new Set(write)].map((place) => `--allow-fs-write=${place}`),
      entry,
    ],
  }
}
