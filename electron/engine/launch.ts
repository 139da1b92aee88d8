import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import { engineArguments } from '../../shared/lib/engine-arguments.ts'

/** Folders the engine may write because the plant file names them: destinations, and where backups go. */
export function destinationFolders(plant: PlantFile, dataDir: string): string[] {
  const folders = plant.sync.flatMap((destination) =>
    destination.kind === 'folder' ? [path.resolve(dataDir, destination.path)] : [],
  )
  return plant.backup?.path === undefined ? folders : [...folders, path.resolve(dataDir, plant.backup.path)]
}

/** Arguments of the Node 24 executable for an engine on this data folder, for the command line's launcher. */
export function engineCommand(dataDir: string, plantFile: string, folders: readonly string[]): string[] {
  const entry = import.meta.url.endsWith('.ts') ? './main.ts' : './engine.js'
  return engineArguments({
    application: fs.realpathSync(fileURLToPath(new URL('../../', import.meta.url))),
    dataDir: fs.realpathSync(dataDir),
    plantFile: fs.realpathSync(plantFile),
    destinations: folders.map((folder) => ({ folder, parent: path.dirname(folder) })),
    script: fileURLToPath(new URL(entry, import.meta.url)),
  })
}
